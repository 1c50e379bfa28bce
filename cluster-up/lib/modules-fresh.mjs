// Exit code 0 when node_modules holds what package-lock.json asks for. Contents are compared, not times: a checkout
// gives files new times, and a machine without a network must not be asked to install what is there.
// Usage: node modules-fresh.js ROOT
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [root = '.'] = process.argv.slice(2);
const packagesOf = (file) => JSON.parse(readFileSync(join(root, file), 'utf8')).packages;

try {
  const installed = packagesOf('node_modules/.package-lock.json');
  const stale = Object.entries(packagesOf('package-lock.json')).some(([path, wanted]) => {
    if (path === '') return false;
    const found = installed[path];
    if (found === undefined) return wanted.optional !== true;
    return found.version !== wanted.version || found.integrity !== wanted.integrity;
  });
  process.exit(stale ? 1 : 0);
} catch {
  process.exit(1);
}
