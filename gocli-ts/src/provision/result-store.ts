import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isErrno } from '../errors/file-error.ts';
import { makeFolder, readIfThere, writeAtomic } from '../host/atomic-files.ts';
import { isAlive } from '../host/is-alive.ts';
import { type Paths } from '../host/paths.ts';
import { IMAGE_FILE, type StepName } from './step.ts';

const RESULT_FILE = 'result.json';
const WORK_PREFIX = 'work-';
/** Results kept per step: the present one, the one before a change, and one to go back to. */
const KEEP = 3;

const recordSchema = z.object({
  hash: z.string(),
  seconds: z.number(),
  inputs: z.record(z.string(), z.string()),
  /** Name of the provider that it was made for first; absent in older ones. */
  provider: z.string().optional(),
});
export type ResultRecord = z.infer<typeof recordSchema>;

export interface StoredResult {
  readonly folder: string;
  readonly record: ResultRecord;
}

/** Results of steps: `<cache>/provision/<step>/<key>/`, complete or not there at all. */
export class Store {
  readonly #root: string;

  constructor(paths: Paths) {
    this.#root = join(paths.cache, 'provision');
  }

  folder(step: StepName, key: string): string {
    return join(this.#root, step, key);
  }

  async find(step: StepName, key: string): Promise<StoredResult | undefined> {
    const folder = this.folder(step, key);
    const text = await readIfThere(join(folder, RESULT_FILE));
    const record = text === undefined ? undefined : parseRecord(text);
    return record === undefined ? undefined : { folder, record };
  }

  /** Finished results of a step, newest first. */
  async all(step: StepName): Promise<StoredResult[]> {
    const names = await readdir(join(this.#root, step)).catch(() => []);
    const found = await Promise.all(
      names
        .filter((name) => /^[0-9a-f]{64}$/.test(name))
        .map(async (name) => {
          const result = await this.find(step, name);
          const about = await stat(join(this.#root, step, name, RESULT_FILE)).catch(() => undefined);
          return result === undefined || about === undefined ? [] : [{ result, time: about.mtimeMs }];
        }),
    );
    return found
      .flat()
      .sort((a, b) => b.time - a.time)
      .map(({ result }) => result);
  }

  /** A pair of empty folders to work in, on the same file system as the results; gone when disposed of. */
  async workspace(step: StepName): Promise<Workspace> {
    const folder = join(this.#root, step, `${WORK_PREFIX}${process.pid}-${randomBytes(4).toString('hex')}`);
    const workspace: Workspace = {
      output: join(folder, 'output'),
      scratch: join(folder, 'scratch'),
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    };
    await makeFolder(workspace.output, 0o777);
    await mkdir(workspace.scratch);
    return workspace;
  }

  /** Makes a workspace's output the result of a step, in one rename. An older result of the same key gives way. */
  async publish(step: StepName, { output, scratch }: Workspace, record: ResultRecord): Promise<StoredResult> {
    await writeAtomic(join(output, RESULT_FILE), `${JSON.stringify(record, undefined, 2)}\n`);
    const folder = this.folder(step, record.hash);
    await rename(folder, join(scratch, 'replaced')).catch(ignoreMissing);
    await rename(output, folder);
    return { folder, record };
  }

  /**
   * Removes all but the newest results of a step, and folders of processes that died at work.
   * @param isInUse whether a result stays however old it is
   * @returns the Docker images of what was removed
   */
  async prune(step: StepName, isInUse: (record: ResultRecord) => boolean): Promise<string[]> {
    const older = (await this.all(step)).slice(KEEP).filter(({ record }) => !isInUse(record));
    const images = await Promise.all(older.map(readImage));
    await Promise.all(older.map(({ folder }) => rm(folder, { recursive: true, force: true })));
    for (const name of await readdir(join(this.#root, step)).catch(() => [])) {
      const pid = Number(/^work-(\d+)-/.exec(name)?.[1]);
      if (pid > 0 && !isAlive(pid)) await rm(join(this.#root, step, name), { recursive: true, force: true });
    }
    return images.filter((image) => image !== undefined);
  }
}

/** The Docker image that a result is, or undefined when it is files. */
export async function readImage({ folder }: StoredResult): Promise<string | undefined> {
  return (await readIfThere(join(folder, IMAGE_FILE)))?.trim();
}

export interface Workspace extends AsyncDisposable {
  readonly output: string;
  readonly scratch: string;
}

function parseRecord(text: string): ResultRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function ignoreMissing(error: unknown): void {
  if (!isErrno(error, 'ENOENT')) throw error;
}
