import { availableParallelism } from 'node:os';
import pMap from 'p-map';
import { GocliError, isCode } from '../errors/error.ts';
import { collect, Failures } from '../errors/several.ts';
import type { Naming } from '../rig/options/option.ts';
import { checkNewRigName } from '../rig/names.ts';
import type { Context } from './context.ts';
import { plan, run, type RunRequest, type RunResult } from './run.ts';

/** Several rigs of one request. */
export interface RunSeveralRequest extends RunRequest {
  /** How many, at most 99. */
  readonly count: number;
}

export interface RunSeveralResult {
  /** In the order of their names. */
  readonly rigs: readonly RunResult[];
  readonly seconds: number;
}

/**
 * Starts rigs side by side, `NAME-01`, `NAME-02` …; those that run already with the same plan are left as they are. Where
 * there is no template yet, one of them makes it and the others wait for that.
 * @param faults as in {@link run}
 * @throws GocliError USAGE, BAD_VALUE, what {@link run} throws; `done` is then the {@link RunSeveralResult} of those that are
 * Ready
 */
export async function runSeveral(
  { count, ...request }: RunSeveralRequest,
  context: Context,
  faults: readonly GocliError[] = [],
): Promise<RunSeveralResult> {
  const wrong = [...faults];
  const names = collect(wrong, () => namesOf(request, count, context.naming));
  const requests = (names ?? []).map((name) => ({ ...request, name }));
  const isThere = await refusePinned(requests[0] ?? request, context, wrong);
  const start = context.clock.monotonic();
  const failures = new Failures();
  const runOne = (one: RunRequest): Promise<RunResult> => run(one, context, faults);
  // An image is fetched or built once, by the first.
  const ahead = isThere ? [] : [await runOne(requests.shift() ?? request)];
  const rest = await pMap(requests, (one) => failures.part(() => runOne(one)), { concurrency: atOnce() });
  const rigs = [...ahead, ...rest.flatMap((one) => one ?? [])];
  const result = { rigs, seconds: (context.clock.monotonic() - start) / 1000 };
  failures.throw((failed) => `${failed.toFixed(0)} of ${count.toFixed(0)} rigs were not started`, result);
  return result;
}

/** More would only keep each other waiting, until some wait too long. */
function atOnce(): number {
  return Math.max(2, 2 * availableParallelism());
}

/** @throws GocliError USAGE, BAD_VALUE */
function namesOf({ name, provider }: RunRequest, count: number, { of }: Naming): string[] {
  if (!Number.isInteger(count) || count < 1 || count > 99)
    throw new GocliError('BAD_VALUE', `${of('count')}: "${count}" is not a number from 1 to 99`);
  const prefix = name ?? provider;
  // What is missing then, the start says of every request.
  if (prefix === undefined) return [];
  return Array.from({ length: count }, (_, at) =>
    checkNewRigName(`${prefix}-${String(at + 1).padStart(2, '0')}`, of('name')),
  );
}

/**
 * @returns whether the image is there
 * @throws GocliError USAGE for host ports that only one of the rigs could have
 */
async function refusePinned(
  request: RunRequest,
  context: Context,
  faults: readonly GocliError[],
): Promise<boolean> {
  const planned = await plan(request, context, faults).catch((error: unknown) => {
    // It is fetched or built by the start; who pins a port then hears of it from all but one.
    if (isCode(error, 'IMAGE_MISSING')) return undefined;
    throw error;
  });
  const ports = Object.values(planned?.host.pinnedPorts ?? {});
  if (ports.length === 0) return planned !== undefined;
  throw new GocliError(
    'USAGE',
    `not with ${context.naming.of('count')}: host port ${ports.join(', ')}, which only one rig can have`,
    {
      hint: 'Leave it out: each rig gets free ports.',
    },
  );
}
