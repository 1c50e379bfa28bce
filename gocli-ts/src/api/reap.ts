import { messageOf } from '../errors/error.ts';
import { Failures } from '../errors/several.ts';
import { lockIfFree } from '../place/lock-if-free.ts';
import { onRig } from '../rig/deps.ts';
import { collectEvidence } from '../rig/evidence.ts';
import { findRig, findRigs } from '../rig/find.ts';
import { overSince, unused } from '../rig/time-limit.ts';
import type { Context } from './context.ts';
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
 * @throws GocliError when something could not be removed, once all the rest is; `done` names the others
 */
export async function reapOver(context: Context): Promise<ReapedRig[]> {
  const { docker, paths, clock } = context;
  const rigs = await findRigs(docker, paths);
  const over = rigs.filter((found) => overSince(found, clock.now()) !== undefined);
  const failures = new Failures();
  const reaped = await failures.parts(over, ({ name }) => reap(name, onRig(context, name)));
  const gone = reaped.flatMap((one) => one ?? []);
  failures.throw((count) => `${count.toFixed(0)} clusters whose time is over were not removed`, gone);
  return gone;
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
  const evidence =
    plan?.host.ttlEvidence === true
      ? await collectEvidence(found, run ?? '', own).catch(() => undefined)
      : undefined;
  const { snapshots } = await removeHeld(name, own);
  return { name, until: new Date(since).toISOString(), snapshots, evidence: evidence ?? null };
}

/** The same for a start, of whose own work that is no part: what fails is a warning. */
export async function reapBeside(context: Context): Promise<void> {
  try {
    for (const one of await reapOver(context)) {
      onRig(context, one.name).emit({ type: 'notice', level: 'info', text: reapedWords(one) });
    }
  } catch (error) {
    context.signal.throwIfAborted();
    const text = `${messageOf(error)}. Try it again: gocli gc`;
    context.emit({ type: 'notice', level: 'warning', text });
  }
}

/** What became of one, for people. */
export function reapedWords({ name, until, snapshots, evidence }: ReapedRig): string {
  const kept = snapshots.length === 0 ? '' : ` Its snapshots stay: ${snapshots.join(', ')}.`;
  const logged = evidence === null ? '' : ` What was logged is kept in ${evidence}.`;
  return `Removed cluster ${name}, whose time was over at ${until.slice(0, 19)}Z.${kept}${logged}`;
}
