import { open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { GocliError } from '../errors/error.ts';
import { isErrno, onFile } from '../errors/file-error.ts';
import { cpuSchema } from '../frozen/manifest.ts';
import { makeFolder, readIfThere, viaTemporary, writeAtomic } from '../host/atomic-files.ts';
import { rigFolder, type Paths } from '../host/paths.ts';
import type { RigPlan } from './plan.ts';
import { gocliCommand } from '../shared/command.ts';

/** Schema of `cluster.json`, which snapshots keep too. */
export const stateSchema = z.object({
  format: z.literal(1),
  name: z.string(),
  createdAt: z.string(),
  run: z.string(),
  accelerator: z.enum(['kvm', 'tcg']),
  acceleratorReason: z.string(),
  cpu: cpuSchema,
  plan: z.custom<RigPlan>((value) => typeof value === 'object' && value !== null),
  /** Host port on 127.0.0.1 by `<container port>/<protocol>`; fixed for the life of the cluster. */
  ports: z.record(z.string(), z.int()),
  /** Public part of the ssh key, one line; needed to start the machines again. */
  sshPublicKey: z.string().default(''),
  /** What the user did to it; every other command then says how to undo it. */
  stopped: z.boolean().optional(),
  paused: z.boolean().optional(),
  /** Whether its guests may have been told of what is around it: a proxy, keys. */
  proxied: z.boolean().optional(),
  /** Key of the pool that it was made for, from when it stands ready there until the `run` that took it has seen it Ready. */
  pooled: z.string().optional(),
  /** Id of the template that the machines were thawed from. */
  template: z.string().optional(),
  /**
   * Id of a template that was to be made and never was; the disks lie in its volume. Beside `template` with the same id:
   * they do, or already over it.
   */
  building: z.string().optional(),
  /** RFC 3339 time at which the cluster was first seen Ready; absent while it starts. */
  readyAt: z.string().optional(),
  /** RFC 3339 time from which on `gc` and `run` may remove it; see time-limit.ts. */
  until: z.string().optional(),
  /** What its plan says of user-data, from when that ran to its end. */
  userData: z.string().optional(),
  /** That of the record that it is a copy of; see record.ts. */
  revision: z.string().optional(),
});

/** What labels cannot hold: `$XDG_STATE_HOME/gocli/clusters/<name>/cluster.json`. */
export type RigState = z.infer<typeof stateSchema>;

/** Files of a cluster's state folder; those of its kind are beside them (`Kind.keyFiles`). */
export const STATE_FILE = { cluster: 'cluster.json', sshKey: 'id_ed25519' } as const;

export async function writeState(paths: Paths, state: RigState): Promise<void> {
  const folder = rigFolder(paths, state.name);
  await writeAtomic(join(folder, STATE_FILE.cluster), `${JSON.stringify(state, undefined, 2)}\n`);
}

/** Bytes that no state folder of a cluster comes near. */
const ROOM = 256 * 1024;

/**
 * Proves that the state of a cluster can be written, before anything is done that has to be remembered. Nothing stays
 * of it but folders.
 * @throws GocliError FILE, DISK_FULL naming the folder
 */
export async function proveWritable(paths: Paths, name: string): Promise<void> {
  const own = rigFolder(paths, name);
  const there = await stat(own).catch(() => undefined);
  // That of a cluster that does not exist yet is not made: another command may start one of that name.
  const folder = there === undefined ? dirname(own) : own;
  try {
    await makeFolder(folder);
    await onFile({ path: folder, done: 'written' }, () => writeAndRemove(join(folder, 'room')));
  } catch (error) {
    throw asOfState(error);
  }
}

/** The error of a write into the state folder, which also says how to have another one. */
export function asOfState(error: unknown): unknown {
  if (!(error instanceof GocliError)) return error;
  const hint = `${error.hint ?? ''} Or set XDG_STATE_HOME to another folder: what gocli has to remember lies there.`;
  return new GocliError(error.code, error.message, { cause: error, hint });
}

function writeAndRemove(path: string): Promise<void> {
  return viaTemporary(path, async (temporary) => {
    await using file = await open(temporary, 'wx', 0o600);
    // Without a sync, which every start would wait for: file systems reserve the room when it is written.
    await file.writeFile(Buffer.alloc(ROOM));
    await rm(temporary);
  });
}

/**
 * The state of a cluster, or undefined when there is none.
 * @throws GocliError BAD_FILE for a damaged file, FILE for one that cannot be read
 */
export async function readState(paths: Paths, name: string): Promise<RigState | undefined> {
  const file = join(rigFolder(paths, name), STATE_FILE.cluster);
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new GocliError('BAD_FILE', `${file} is damaged`, {
      cause: error,
      hint: `Type: ${gocliCommand('rm', name)}`,
    });
  }
}

/** Writes a secret of the cluster into a file of its state folder, mode 0600. Returns the path. */
export async function writeSecret(paths: Paths, name: string, file: string, text: string): Promise<string> {
  const path = join(rigFolder(paths, name), file);
  await writeAtomic(path, text, 0o600);
  return path;
}

/** @throws GocliError NOT_FOUND */
export async function readSecret(paths: Paths, name: string, file: string): Promise<string> {
  const text = await readIfThere(join(rigFolder(paths, name), file));
  if (text === undefined) {
    throw new GocliError('NOT_FOUND', `cluster "${name}" has no ${file} yet`, {
      hint: `Type: ${gocliCommand('status', name)}`,
    });
  }
  return text;
}

/** Removes one; that it is not there is no error. */
export async function removeSecret(paths: Paths, name: string, file: string): Promise<void> {
  await rm(join(rigFolder(paths, name), file), { force: true });
}

export async function removeState(paths: Paths, name: string): Promise<void> {
  const path = rigFolder(paths, name);
  await onFile({ path, done: 'removed' }, () => rm(path, { recursive: true, force: true }));
}

/** Names of all clusters that have a state folder. @throws GocliError FILE */
export async function stateNames(paths: Paths): Promise<string[]> {
  const path = join(paths.state, 'clusters');
  const entries = await onFile({ path, done: 'read' }, () =>
    readdir(path, { withFileTypes: true }).catch((error: unknown) => {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }),
  );
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
