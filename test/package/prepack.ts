import { removeStaleOutput } from './stale-output.ts';

// Run by npm from the root of the checkout before it packs.
await removeStaleOutput(process.cwd());
