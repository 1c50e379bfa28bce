#!/usr/bin/env node
try {
  await import('../../dist/cli/main.js');
} catch (error) {
  console.error(`Error: gocli is not built, or a part of it is damaged: ${error}`);
}
// The command ends the process itself: whoever comes here has found none.
console.error('  What to do: in a checkout type `make clean build`; install a package again.');
process.exit(3);
