import { removeStaleOutput, restoreManifests, stripManifests } from './bundled.ts';

// Run by npm from the root of the checkout, before and after it packs: node dist/test/package/prepare.js [--undo]
if (process.argv.includes('--undo')) {
  await restoreManifests(process.cwd());
} else {
  await removeStaleOutput(process.cwd());
  await stripManifests(process.cwd());
}
