import { writeFile } from 'node:fs/promises';
import { generatedPages } from './pages.ts';

// Run from the root of the checkout: node dist/test/docs/write.js
for (const [path, text] of Object.entries(await generatedPages())) await writeFile(path, text);
