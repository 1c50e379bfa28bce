import { GocliError, isCode, messageOf } from '../errors/error.ts';
import type { ContainerInfo } from '../place/interface.ts';
import type { Paths } from '../host/paths.ts';
import type { RigDeps } from './deps.ts';
import { idOfState, stateNamed, type Identity } from './identity.ts';
import { kindOf } from './kind.ts';
import { containerName } from './names.ts';
import { secretsNamed } from './lost-secrets.ts';
import type { RigKeys } from './template/keys.ts';
import { readRecord, recordRevision, writeRecord, type RigRecord } from './record.ts';
import {
  asOfState,
  readSecret,
  readState,
  removeSecret,
  STATE_FILE,
  writeSecret,
  writeState,
  type RigState,
} from './state.ts';

type KeepDeps = Pick<RigDeps, 'docker' | 'paths' | 'clock' | 'kinds' | 'emit'>;

/**
 * Writes down the state of a rig that has containers, with the keys that its state folder has: for the engine, and as a
 * copy in the state folder.
 * @returns the state as it was written
 */
export async function keepState(state: RigState, deps: KeepDeps): Promise<RigState> {
  const { paths } = deps;
  const network = containerName.network(state.name);
  const secrets = await secretsOf(state, network, deps);
  const kept = await writeRecord(network, { state, secrets }, deps).catch(noneYet);
  // A rig of a version before records has no volume for one, so that the folder is all there is.
  if (kept === undefined) await writeState(paths, state);
  else await writeState(paths, kept).catch(warnOfCopy(deps));
  return kept ?? state;
}

function warnOfCopy({ emit }: KeepDeps): (error: unknown) => void {
  return (error) => {
    const hint = error instanceof GocliError && error.hint !== undefined ? ` ${error.hint}` : '';
    const text = `What gocli knows of the cluster is kept, but not its copy here: ${messageOf(error)}.${hint}`;
    emit({ type: 'notice', level: 'warning', text });
  };
}

/** What one needs to talk to a rig, by its state folder. @throws GocliError NOT_FOUND; what the kind cannot read */
export async function keysHere(
  state: RigState,
  { paths, kinds }: Pick<RigDeps, 'paths' | 'kinds'>,
): Promise<RigKeys> {
  const { name, sshPublicKey, plan } = state;
  const kind = kindOf(kinds, plan.guest);
  const sshPrivateKey = await readSecret(paths, name, STATE_FILE.sshKey);
  const secrets = await Promise.all(
    kind.secretFiles.map(async (file) => [file, await readSecret(paths, name, file)] as const),
  );
  return { sshPrivateKey, sshPublicKey, ...kind.readKeys(Object.fromEntries(secrets)) };
}

/** A state that is no copy of a record: the machines whose record it was are gone. */
export function withoutRevision(state: RigState): RigState {
  const rest = { ...state };
  delete rest.revision;
  delete rest.building;
  return rest;
}

/** Those of the folder; one that was lost there is kept as the record has it. */
async function secretsOf(
  state: RigState,
  network: string,
  { docker, paths, kinds }: KeepDeps,
): Promise<RigRecord['secrets']> {
  const { name, plan } = state;
  const files = [STATE_FILE.sshKey, ...kindOf(kinds, plan.guest).secretFiles];
  const found = await Promise.all(
    files.map(async (file) => {
      const text = await readSecret(paths, name, file).catch(noneYet);
      return text === undefined ? [] : [[file, text] as const];
    }),
  );
  const here = Object.fromEntries(found.flat());
  if (Object.keys(here).length === files.length) return here;
  const record = await readRecord(docker, network).catch(noneYet);
  return record === undefined ? here : { ...secretsNamed(state, record, kinds), ...here };
}

function noneYet(error: unknown): undefined {
  if (!isCode(error, 'NOT_FOUND')) throw error;
}

/** Where a rig's record can be read: any container that has the volume. */
export type Holder = Pick<ContainerInfo, 'id'>;

/**
 * What is known of a rig: by its record, else by the state folder.
 * @param copy whether the state folder is made current; commands that only list rigs leave it alone
 * @throws GocliError BAD_FILE when all that there is is damaged
 */
export async function currentState(
  identity: Identity,
  holder: Holder | undefined,
  { docker, paths }: Pick<RigDeps, 'docker' | 'paths'>,
  copy: boolean,
): Promise<RigState | undefined> {
  // One that is damaged, or cannot be read, is no loss as long as there is a record.
  const file = await stateHere(identity, paths).catch((error: unknown) => ({ error }));
  const revision = holder === undefined ? undefined : await recordRevision(docker, holder.id);
  const damaged = file !== undefined && 'error' in file;
  if (!damaged && (revision === undefined || file?.revision === revision)) return file;
  const record =
    holder === undefined
      ? undefined
      : await readRecord(docker, holder.id).catch((error: unknown) => {
          // A write that was cut off; the copy is older, but whole.
          if (damaged || file === undefined || !isCode(error, 'BAD_FILE')) throw error;
          return { state: file, secrets: {} };
        });
  if (record === undefined && damaged) throw file.error;
  if (record === undefined) return undefined;
  // It may be older than the name.
  const state = stateNamed(record.state, identity);
  if (copy) await copyRecord(record, state, paths);
  return state;
}

/** The copy in the state folder, unless it is of another rig, which had the name before. */
async function stateHere(identity: Identity, paths: Paths): Promise<RigState | undefined> {
  const state = await readState(paths, identity.name);
  return state === undefined || idOfState(state) !== identity.id ? undefined : stateNamed(state, identity);
}

/** What cannot be written does no harm as long as the secrets are there: they are read from the folder, the state is known. */
async function copyRecord(record: RigRecord, state: RigState, paths: Paths): Promise<void> {
  const { name } = state;
  const secrets = Object.entries(record.secrets);
  // Those of a kind may have the name in them; whoever needs them has them made anew (lost-secrets.ts).
  const isSame = ([file]: readonly [string, string]): boolean =>
    record.state.name === name || file === STATE_FILE.sshKey;
  const files = secrets.filter(isSame);
  const others = secrets.filter((one) => !isSame(one));
  try {
    for (const [file, text] of files) await writeSecret(paths, name, file, text);
    for (const [file] of others) await removeSecret(paths, name, file);
    await writeState(paths, state);
  } catch (error) {
    const there = await Promise.all(files.map(([file]) => readSecret(paths, name, file).catch(() => '')));
    if (!files.every(([, text], at) => there[at] === text)) throw asOfState(error);
  }
}
