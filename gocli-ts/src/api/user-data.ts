import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { GocliError, isCode, messageOf } from '../errors/error.ts';
import { collect, collectLater } from '../errors/several.ts';
import { readIfThere, writeAtomic } from '../host/atomic-files.ts';
import { pathFrom } from '../host/paths.ts';
import { readUserFile } from '../host/user-file.ts';
import { estimatedSteps } from '../host/timings.ts';
import { keeperSpec } from '../place/keeper.ts';
import { LABEL } from '../place/labels.ts';
import type { ImageInfo } from '../place/interface.ts';
import { factsOf } from '../provider/facts.ts';
import { throwFindings } from '../provider/finding.ts';
import { collectEvidence } from '../rig/evidence.ts';
import { idOfState } from '../rig/identity.ts';
import { kindOf } from '../rig/kind.ts';
import { takeKept } from '../rig/kept-registry.ts';
import type { Naming } from '../rig/options/option.ts';
import { keepState } from '../rig/keep-state.ts';
import { cleanUpAfter } from '../rig/remove.ts';
import { limitedAgain } from '../rig/time-limit.ts';
import type { UpRequest, UpResult } from '../rig/up.ts';
import { gocliCommand } from '../shared/command.ts';
import { SECTION } from '../vm/section.ts';
import { VM_PATH } from '../vm/image-path.ts';
import type { UserData } from '../vm/options/user-data.ts';
import { inspectUserData, runUserData, schemaFindings } from '../vm/user-data.ts';
import type { Context } from './context.ts';
import { removeHeld } from './rm.ts';

interface WithUserData {
  readonly userData?: UserData | undefined;
}

/**
 * Values of options with what the file for cloud-init holds. Nothing is read where none is asked for.
 * @param errors gets one for each thing that is wrong: FILE, BAD_FILE
 */
export async function readUserData<V extends WithUserData>(
  values: V,
  errors: GocliError[],
  { cwd }: Pick<Context, 'cwd'>,
  { of }: Naming,
): Promise<V> {
  const { userData } = values;
  if (userData === undefined) return values;
  const path = pathFrom(cwd, userData.path);
  const text = await collectLater(errors, textOf(path, of('userData')));
  if (text === undefined) return values;
  collect(errors, () => {
    throwFindings(inspectUserData(text, `${of('userData')}: ${path}`));
  });
  const digest = createHash('sha256').update(text).digest('hex');
  return { ...values, userData: { path, text, digest } };
}

/** @throws GocliError FILE, BAD_FILE (no file, or no text) */
async function textOf(path: string, at: string): Promise<string> {
  const text = await readUserFile(path);
  if (text !== undefined) return text;
  throw new GocliError('FILE', `${at}: ${path} is not there`, { hint: 'Look at the path.' });
}

/**
 * Checks it by the schema of the machines' own cloud-init; that other images take none is said with their plan.
 * @throws GocliError BAD_FILE with all that is wrong, each at its line; BAD_VALUE for an image without the schema
 */
export async function checkUserData(
  userData: UserData | undefined,
  image: ImageInfo,
  context: Context,
  { of }: Naming,
): Promise<void> {
  if (userData?.text === undefined || kindOf(context.kinds, factsOf(image, image.id)).name !== SECTION)
    return;
  const at = of('userData');
  const schema = JSON.parse(await schemaOf(image, at, context)) as unknown;
  throwFindings(schemaFindings(userData.text, `${at}: ${userData.path}`, schema));
}

/** It is taken out of an image once, and kept in the cache. @throws GocliError BAD_VALUE when the image has none */
async function schemaOf(
  { id, tags }: ImageInfo,
  at: string,
  { docker, paths, signal }: Context,
): Promise<string> {
  const path = join(paths.cache, 'cloud-config', `${id.replace(/^sha256:/, '').slice(0, 16)}.json`);
  const there = await readIfThere(path);
  if (there !== undefined) return there;
  const container = await docker.containers.create({
    ...keeperSpec(id, []),
    name: `gocli-schema-${randomBytes(4).toString('hex')}`,
    labels: { [LABEL.role]: 'tool' },
  });
  try {
    const schema = await docker.containers.readFile(container, VM_PATH.schema, signal);
    await writeAtomic(path, schema);
    return schema.toString('utf8');
  } catch (error) {
    if (!isCode(error, 'NOT_FOUND')) throw error;
    throw new GocliError('BAD_VALUE', `${at}: image ${tags[0] ?? id} has no schema to check it by`, {
      hint: 'It is of an older gocli; gocli provision makes it anew.',
    });
  } finally {
    await docker.containers.remove(container);
  }
}

/**
 * Lets cloud-init run in a rig that was started for it. One in which it failed is removed, as one that was never Ready,
 * unless it is to be kept.
 * @throws GocliError REMOTE_COMMAND, TIMEOUT; NOT_READY for a rig that runs, and in which it did not run to its end
 */
export async function withUserData(result: UpResult, request: UpRequest, own: Context): Promise<UpResult> {
  const { userData } = request.values as WithUserData;
  const { state } = result;
  // One that was halted is started, too.
  if (userData?.text === undefined || state.userData === userData.digest) return result;
  if (!result.started) {
    throw new GocliError('NOT_READY', `the user-data of "${state.name}" did not run to its end`, {
      hint: `Start it anew: ${gocliCommand('rm', state.name)}`,
    });
  }
  const { text, digest } = userData;
  try {
    const steps = await estimatedSteps(own, state.plan.guest.provider);
    await steps.run('user-data', 'Running cloud-init with the user-data', (step) =>
      runUserData(state, text, step, own),
    );
    const done = { ...state, ...(digest === undefined ? {} : { userData: digest }) };
    const kept = await keepState(limitedAgain(done, state.plan.host, own.clock.now()), own);
    if (result.keptRegistry !== undefined) await takeKept(result.keptRegistry, own);
    const timings = [...result.timings, ...steps.timings];
    return { ...result, state: kept, timings, seconds: result.seconds + steps.elapsed() };
  } catch (error) {
    await cleanUpAfter(state.name, own, () => giveUp(result, request.keepOnFailure, own));
    throw error;
  }
}

async function giveUp({ state }: UpResult, keep: boolean, own: Context): Promise<void> {
  const { name, run } = state;
  const notice = (text: string): void => {
    own.emit({ type: 'notice', level: 'info', text });
  };
  const folder = own.signal.aborted
    ? undefined
    : await collectEvidence({ name, id: idOfState(state) }, run, own).catch((error: unknown) => {
        notice(`Its logs could not be kept: ${messageOf(error)}`);
        return undefined;
      });
  if (folder !== undefined) notice(`What was logged is kept in ${folder}`);
  if (keep && !own.signal.aborted) {
    notice(`The machine is left in place. Remove it with: ${gocliCommand('rm', name)}`);
    return;
  }
  await removeHeld(name, own);
}
