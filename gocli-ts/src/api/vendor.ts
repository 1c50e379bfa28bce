import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { GocliError } from '../errors/error.ts';
import { isErrno } from '../errors/file-error.ts';
import { copyAtomic, makeFolder, readIfThere, writeAtomic } from '../host/atomic-files.ts';
import { pathFrom } from '../host/paths.ts';
import type { Context } from './context.ts';

export interface VendorRequest {
  /** Root of the repository that is to have the scripts; it must exist. */
  readonly folder: string;
}

export interface VendorResult {
  /** The folder that was written. */
  readonly folder: string;
  readonly version: string;
  /** False when the repository's own Makefile is to include the targets. */
  readonly hasTargets: boolean;
  /** Scripts that were there and said something else, of an earlier version or changed by hand, below the folder. */
  readonly replaced: readonly string[];
}

/** By this file the scripts know that they run the installed gocli, and by which version they were written. */
const VERSION_FILE = 'gocli-version';
/** What it says until all is written for the first time, so that an interrupted one can be repeated. */
const UNFINISHED = 'unfinished';
const TARGETS = 'gocli.mk';
const INCLUDE = `include cluster-up/${TARGETS}`;
/** So that make follows it: a line of its own, with `-` or `s` where it may be missing. */
const INCLUDED = /^ *[-s]?include[ \t]+([^#\n]*[ \t])?([^#\s]*\/)?cluster-up\/gocli\.mk([ \t#]|$)/m;

const TARGETS_TEXT = `# make targets of gocli, for the Makefile of the repository: ${INCLUDE}
GOCLI_SCRIPTS := $(dir $(lastword $(MAKEFILE_LIST)))

.PHONY: cluster-up cluster-down
cluster-up:
\t"$(GOCLI_SCRIPTS)up.sh"

cluster-down:
\t"$(GOCLI_SCRIPTS)down.sh"
`;

/**
 * Writes the scripts of cluster-up into a repository of somebody else, from where they run the installed gocli. Files
 * of an earlier version are replaced, others in that folder stay; a Makefile is written only where there is none.
 * @throws GocliError FILE, DISK_FULL; CONFLICT when a cluster-up is there that gocli did not write
 */
export async function vendor(
  request: VendorRequest,
  context: Pick<Context, 'checkout' | 'cwd' | 'version'>,
): Promise<VendorResult> {
  const { checkout, cwd, version } = context;
  const root = resolve(pathFrom(cwd, request.folder));
  await requireFolder(root);
  const folder = join(root, 'cluster-up');
  await requireOurs(folder);
  await requireName(folder);
  const marker = join(folder, VERSION_FILE);
  await makeFolder(folder, 0o755);
  if ((await readIfThere(marker)) === undefined) await writeAtomic(marker, `${UNFINISHED}\n`);
  const replaced: string[] = [];
  for (const { file, mode } of await scriptsOf(checkout)) {
    const before = await readIfThere(join(folder, file));
    if (before !== undefined && before !== (await readIfThere(join(checkout, 'cluster-up', file))))
      replaced.push(file);
    await makeFolder(join(folder, file, '..'), 0o755);
    await copyAtomic(join(checkout, 'cluster-up', file), join(folder, file), mode);
  }
  await writeAtomic(join(folder, TARGETS), TARGETS_TEXT);
  // Last: what is half written is of the version before.
  await writeAtomic(marker, `${version}\n`);
  return { folder, version, hasTargets: await includeTargets(root), replaced };
}

async function requireFolder(root: string): Promise<void> {
  if ((await stat(root)).isDirectory()) return;
  throw new GocliError('FILE', `${root} is no folder`, { hint: 'Name the root of the repository.' });
}

async function requireOurs(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: unknown): string[] => {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  });
  if (entries.length === 0 || entries.includes(VERSION_FILE)) return;
  throw new GocliError('CONFLICT', `${folder} is there, and gocli did not write it`, {
    observed: `it has no file ${VERSION_FILE}`,
    hint: 'Move it away, or name another folder.',
  });
}

/** The scripts look for each other by that name, wherever a link leads. @throws GocliError CONFLICT */
async function requireName(folder: string): Promise<void> {
  const real = await realpath(folder).catch(() => folder);
  if (basename(real) === basename(folder)) return;
  throw new GocliError('CONFLICT', `${folder} is a link to a folder of another name: ${real}`, {
    hint: 'Have it lead to one that is called cluster-up, or take the link away.',
  });
}

/** What a developer keeps beside the scripts: his own configuration, and what editors and patch(1) leave. */
const NOT_SHIPPED = /^config-local\.sh$|^\.|~$|\.(orig|rej|bak|swp)$/;

/** Paths below cluster-up. */
async function scriptsOf(checkout: string): Promise<{ readonly file: string; readonly mode: number }[]> {
  const from = join(checkout, 'cluster-up');
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile() && !NOT_SHIPPED.test(entry.name))
      .map(async ({ parentPath, name }) => {
        const path = join(parentPath, name);
        // Whatever mask the checkout was made under, what is run is executable.
        const mode = ((await stat(path)).mode & 0o100) === 0 ? 0o644 : 0o755;
        return { file: path.slice(from.length + 1), mode };
      }),
  );
}

/** The names under which make looks for its file, in its order (GNU make, "What Name to Give Your Makefile"). */
const MAKEFILES = ['GNUmakefile', 'makefile', 'Makefile'];

async function includeTargets(root: string): Promise<boolean> {
  for (const makefile of MAKEFILES.map((name) => join(root, name))) {
    // A link that leads to nothing yet is somebody's, too.
    if ((await lstat(makefile).catch(() => undefined)) === undefined) continue;
    // One that cannot be read is for its owner to look at.
    return INCLUDED.test((await readIfThere(makefile).catch(() => undefined)) ?? '');
  }
  await writeAtomic(join(root, 'Makefile'), `${INCLUDE}\n`);
  return true;
}
