import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { GocliError } from '../errors/error.ts';
import { cpuSchema } from '../frozen/manifest.ts';
import { readIfThere, writeAtomic } from '../host/files.ts';
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
  /** Id of the template that the machines were thawed from. */
  template: z.string().optional(),
  /** RFC 3339 time at which the cluster was first seen Ready; absent while it starts. */
  readyAt: z.string().optional(),
});

/** What labels cannot hold: `$XDG_STATE_HOME/gocli/clusters/<name>/cluster.json`. */
export type RigState = z.infer<typeof stateSchema>;

/** Files of a cluster's state folder. */
export const STATE_FILE = {
  cluster: 'cluster.json',
  kubeconfig: 'kubeconfig',
  sshKey: 'id_ed25519',
} as const;

export async function writeState(paths: Paths, state: RigState): Promise<void> {
  const folder = rigFolder(paths, state.name);
  await writeAtomic(join(folder, STATE_FILE.cluster), `${JSON.stringify(state, undefined, 2)}\n`);
}

/** The state of a cluster, or undefined when there is none. @throws GocliError BAD_FILE for a damaged file */
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

/** Writes a secret of the cluster, mode 0600. */
export async function writeSecret(
  paths: Paths,
  name: string,
  file: 'kubeconfig' | 'id_ed25519',
  text: string,
): Promise<string> {
  const path = join(rigFolder(paths, name), file);
  await writeAtomic(path, text, 0o600);
  return path;
}

/** @throws GocliError NOT_FOUND */
export async function readSecret(
  paths: Paths,
  name: string,
  file: 'kubeconfig' | 'id_ed25519',
): Promise<string> {
  const text = await readIfThere(join(rigFolder(paths, name), file));
  if (text === undefined) {
    throw new GocliError('NOT_FOUND', `cluster "${name}" has no ${file} yet`, {
      hint: `Type: ${gocliCommand('status', name)}`,
    });
  }
  return text;
}

export async function removeState(paths: Paths, name: string): Promise<void> {
  await rm(rigFolder(paths, name), { recursive: true, force: true });
}

/** Names of all clusters that have a state folder. */
export async function stateNames(paths: Paths): Promise<string[]> {
  const entries = await readdir(join(paths.state, 'clusters'), { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
