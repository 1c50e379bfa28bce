import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { md5Of, readPackagedDigests } from './packaged.ts';
import {
  type BuildFacts,
  type Find,
  isJudgedWhole,
  judgeContent,
  judgePath,
  judgeWhole,
  OVERLAP,
} from './rules.ts';
import { MIB } from '../../shared/size.ts';

/** Head of the build information that the Go linker puts into every program (debug/buildinfo). */
const GO_MAGIC = Buffer.from('\xff Go buildinf:', 'latin1');
const CHUNK_BYTES = MIB;

export interface TreeReport {
  readonly files: number;
  readonly bytes: number;
  readonly finds: readonly Find[];
  /** Paths, below the tree, of what looks like a Go program. */
  readonly goPrograms: readonly string[];
}

/**
 * Reads every file of a tree, which holds an image's root file system, and judges path and content. The content of
 * files that are just as a Debian package brought them is not judged.
 */
export async function scanTree(tree: string, facts: BuildFacts, signal: AbortSignal): Promise<TreeReport> {
  const files = await listFiles(tree, '');
  const packaged = await readPackagedDigests(tree);
  const judged = await pMap(files, (path) => scanFile({ tree, packaged, facts, signal }, path), {
    concurrency: 8,
    signal,
  });
  return {
    files: files.length,
    bytes: judged.reduce((sum, { size }) => sum + size, 0),
    finds: judged.flatMap(({ finds }) => finds),
    goPrograms: judged.filter(({ isGo }) => isGo).map(({ path }) => path.slice(1)),
  };
}

/** Regular files below a folder, as `/etc/passwd`; links are not followed. */
async function listFiles(tree: string, below: string): Promise<string[]> {
  const entries = await readdir(join(tree, below), { withFileTypes: true });
  const found = await Promise.all(
    entries.map((entry) => {
      const path = `${below}/${entry.name}`;
      if (entry.isDirectory()) return listFiles(tree, path);
      return Promise.resolve(entry.isFile() ? [path] : []);
    }),
  );
  return found.flat();
}

interface FileReport {
  readonly path: string;
  readonly size: number;
  readonly finds: Find[];
  readonly isGo: boolean;
}

interface Scan {
  readonly tree: string;
  /** See {@link readPackagedDigests}. */
  readonly packaged: ReadonlySet<string>;
  readonly facts: BuildFacts;
  readonly signal: AbortSignal;
}

async function scanFile({ tree, packaged, facts, signal }: Scan, path: string): Promise<FileReport> {
  const file = join(tree, path);
  const { size, mode } = await lstat(file);
  const text = isJudgedWhole(path) && size <= MIB ? await readFile(file, 'utf8') : '';
  const inContent: Find[] = [];
  let isGo = false;
  for await (const window of windows(createReadStream(file, { highWaterMark: CHUNK_BYTES, signal }))) {
    inContent.push(...judgeContent(path, window, facts));
    isGo ||= (mode & 0o111) !== 0 && window.includes(GO_MAGIC);
  }
  const isPublic = inContent.length > 0 && packaged.has(await md5Of(file));
  const finds = [
    ...judgePath(path, size, facts),
    ...judgeWhole(path, () => text, facts),
    ...(isPublic ? [] : inContent),
  ];
  return { path, size, finds: distinct(finds), isGo };
}

/** The chunks of a stream, each with the end of the one before, so that nothing is missed at a border. */
export async function* windows(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let tail = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const window = tail.length === 0 ? chunk : Buffer.concat([tail, chunk]);
    yield window;
    tail = Buffer.from(window.subarray(Math.max(0, window.length - OVERLAP)));
  }
}

function distinct(finds: readonly Find[]): Find[] {
  return [...new Map(finds.map((find) => [find.what, find])).values()];
}
