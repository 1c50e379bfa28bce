import type { ErrorCode } from '../errors/codes.ts';
import { GocliError, messageOf } from '../errors/error.ts';
import { Failures } from '../errors/several.ts';
import { LABEL } from '../place/labels.ts';
import { lockIfFree } from '../place/lock-if-free.ts';
import { onRig } from '../rig/deps.ts';
import { collectEvidence } from '../rig/evidence.ts';
import { findRig, findRigs } from '../rig/find.ts';
import type { FoundRig } from '../rig/life.ts';
import { nameBorne } from '../rig/identity.ts';
import { readState, stateNames } from '../rig/state.ts';
import { overSince, unused, untilOf } from '../rig/time-limit.ts';
import type { Context } from './context.ts';
import { keptSentence } from './kept-registries.ts';
import { removeHeld } from './rm.ts';

/** A rig that went since its time was over. */
export interface ReapedRig {
  readonly name: string;
  /** RFC 3339 time at which it was over. */
  readonly until: string;
  /** Names of its snapshots, which stay. */
  readonly snapshots: readonly string[];
  /** Folder with what it logged, when its start asked for that and there was anything. */
  readonly evidence: string | null;
}

/**
 * Removes rigs whose time is over. Those that somebody is at work on, or works with, stay until the next time.
 * @param names of those that are looked at; all that there are unless told
 * @throws GocliError when something could not be removed, once all the rest is; `done` names the others
 */
export async function reapOver(context: Context, names?: readonly string[]): Promise<ReapedRig[]> {
  const failures = new Failures();
  const looked = names ?? (await namesOver(context));
  const reaped = await failures.parts(looked, (name) => reap(name, onRig(context, name)));
  const gone = reaped.flatMap((one) => one ?? []);
  failures.throw((count) => `${count.toFixed(0)} clusters whose time is over were not removed`, gone);
  return gone;
}

async function namesOver(context: Context): Promise<string[]> {
  const rigs = await findRigs(context.docker, context.paths);
  return rigsOver(rigs, context).map(({ name }) => name);
}

/** Rigs whose time is over, and since when. */
export function rigsOver(
  rigs: readonly FoundRig[],
  { clock }: Pick<Context, 'clock'>,
): { readonly id: string; readonly name: string; readonly until: string }[] {
  return rigs.flatMap((found) => {
    const since = overSince(found, clock.now());
    const { id, name } = found;
    return since === undefined ? [] : [{ id, name, until: new Date(since).toISOString() }];
  });
}

/**
 * Those whose time may be over, by one request and what is written here: to ask each rig takes a hundred milliseconds, which
 * a start that thaws has not. It misses what is stopped elsewhere, or was taken from a pool there; gc does not.
 */
async function likelyNames({ docker, paths, clock }: Context): Promise<string[]> {
  const now = clock.now();
  const [containers, here] = await Promise.all([
    docker.containers.list({ [LABEL.ttl]: '' }),
    stateNames(paths),
  ]);
  const labelled = containers.filter(
    ({ created, labels }) => Date.parse(created) + Number(labels[LABEL.ttl]) <= now,
  );
  const states = await Promise.all(here.map((name) => readState(paths, name).catch(() => undefined)));
  const known = states.flatMap((state) => {
    const until = untilOf(state);
    return until === null || Date.parse(until) > now ? [] : [state?.name ?? ''];
  });
  return [...new Set([...labelled.flatMap((one) => nameBorne(one) ?? []), ...known])];
}

async function reap(name: string, own: Context): Promise<ReapedRig | undefined> {
  const { docker, paths, clock } = own;
  const lock = await lockIfFree(`rig ${name}`, own);
  if (lock === undefined) return undefined;
  await using _ = lock;
  // Somebody may have asked for more time meanwhile.
  const found = await findRig(docker, paths, name);
  const since = found === undefined ? undefined : overSince(found, clock.now());
  if (found === undefined || since === undefined) return undefined;
  const places = await unused(found.id, own);
  if (places === undefined) return undefined;
  await using __ = places;
  const { plan, run } = found.state ?? {};
  const evidence = plan?.host.ttlEvidence === true ? await evidenceOf(found, run ?? '', own) : undefined;
  const { snapshots, registry } = await removeHeld(name, own);
  if (registry?.kept === true) {
    const text = keptSentence({ name, bytes: registry.bytes });
    own.emit({ type: 'notice', level: 'info', text });
  }
  return { name, until: new Date(since).toISOString(), snapshots, evidence: evidence ?? null };
}

/** The rig goes all the same: it was asked for, and a full disk gets no emptier by what stays. */
function evidenceOf(found: FoundRig, run: string, own: Context): Promise<string | undefined> {
  return collectEvidence(found, run, own).catch((error: unknown) => {
    const text = `What ${found.name} logged could not be kept: ${messageOf(error)}.`;
    own.emit({ type: 'notice', level: 'warning', text });
    return undefined;
  });
}

/** What is wrong with the daemon, or with what names it, a start says itself. */
const OF_DAEMON: ReadonlySet<ErrorCode> = new Set([
  'DOCKER_UNREACHABLE',
  'DOCKER_UNSUPPORTED',
  'BAD_FILE',
  'BAD_VALUE',
]);

/** The same for a start, of whose own work that is no part: it is to cost next to nothing, and what fails is a warning. */
export async function reapBeside(context: Context): Promise<void> {
  try {
    tellReaped(await reapOver(context, await likelyNames(context)), context);
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof GocliError) {
      if (Array.isArray(error.done)) tellReaped(error.done as ReapedRig[], context);
      else if (OF_DAEMON.has(error.code)) return;
    }
    const text = `${messageOf(error)}. Try it again: gocli gc`;
    context.emit({ type: 'notice', level: 'warning', text });
  }
}

function tellReaped(reaped: readonly ReapedRig[], context: Context): void {
  for (const one of reaped)
    onRig(context, one.name).emit({ type: 'notice', level: 'info', text: reapedWords(one) });
}

/** What became of one, for people. */
export function reapedWords({ name, until, snapshots, evidence }: ReapedRig): string {
  const kept = snapshots.length === 0 ? '' : ` Its snapshots stay: ${snapshots.join(', ')}.`;
  const logged = evidence === null ? '' : ` What was logged is kept in ${evidence}.`;
  return `Removed cluster ${name}, whose time was over at ${until.slice(0, 19)}Z.${kept}${logged}`;
}
