import { flagOf } from '../api/options.ts';
import * as pools from '../api/pool.ts';
import { EXIT } from '../errors/codes.ts';
import { GocliError } from '../errors/error.ts';
import { formatBytes } from '../shared/size.ts';
import { formatSeconds } from '../shared/text.ts';
import { inputsOf } from './option-flags.ts';
import { writeDone, writeResult } from './render/output.ts';
import type { Session } from './session.ts';

interface PoolArguments extends Readonly<Record<string, unknown>> {
  readonly pool?: string | undefined;
  readonly size?: string | undefined;
  readonly wait: boolean;
  readonly 'at-boot': boolean;
  readonly all: boolean;
  readonly background: boolean;
}

/** @throws GocliError USAGE */
function refuseWord(word: string | undefined, action: string): void {
  if (word === undefined) return;
  throw new GocliError('USAGE', `unexpected word "${word}": pool ${action} is of all pools`, {
    hint: 'Leave it out.',
  });
}

export async function setAction(args: PoolArguments, session: Session): Promise<number> {
  const provider = args.pool ?? session.env['KUBEVIRT_PROVIDER'];
  if (provider === undefined || args.size === undefined) {
    throw new GocliError('USAGE', `pool set needs ${provider === undefined ? 'a provider' : '--size'}`, {
      hint: 'For example: gocli pool set k8s-1.36 --size 2',
    });
  }
  const options = inputsOf(pools.POOL_OPTIONS, args);
  const { size, wait, 'at-boot': atBoot } = args;
  const result = await pools.set({ provider, size, wait, atBoot, ...options }, session);
  const boot =
    result.unit === undefined
      ? ''
      : `${result.unit} fills it when you log in after a boot; without that: loginctl enable-linger\n`;
  writeResult(session, {
    data: { ...result },
    names: [result.id],
    text: `Pool ${result.id} of ${provider}: ${count(result.size)} ready from now on.${wait ? '' : session.typed(LATER)}\n${boot}`,
  });
  return EXIT.ok;
}

const LATER = ' It is filled in the background (gocli pool ls).';

function count(size: number): string {
  return size === 1 ? '1 cluster stands' : `${size.toFixed(0)} clusters stand`;
}

export async function listAction({ pool }: PoolArguments, session: Session): Promise<number> {
  refuseWord(pool, 'ls');
  const result = await pools.ls({}, session);
  const head = ['POOL', 'PROVIDER', 'OPTIONS', 'SIZE', 'READY', 'CLUSTER', 'AGE', 'MEMORY', 'LAST TAKEN'];
  writeResult(session, {
    data: { pools: result.pools },
    names: result.pools.map(({ id }) => id),
    table: [head, ...result.pools.flatMap((one) => rowsOf(one, session.clock.now()))],
  });
  return EXIT.ok;
}

/** One for each cluster; the pool is named in the first. */
function rowsOf(pool: pools.ListedPool, now: number): string[][] {
  const { id, provider, options, size, members, lastTaken } = pool;
  const ready = members.filter(({ problem }) => problem === null).length;
  const words = Object.entries(options).map(([key, value]) => `${flagOf(key)} ${String(value)}`);
  const own = [id, provider, words.join(' ') || '-', String(size), String(ready)];
  const taken = lastTaken === null ? '-' : ago(lastTaken, now);
  if (members.length === 0) return [[...own, '-', '-', '-', taken]];
  return members.map(({ name, createdAt, problem, bytes }, at) => [
    ...(at === 0 ? own : own.map(() => '')),
    problem === null ? name : `${name}: ${problem}`,
    ago(createdAt, now),
    bytes === null ? '-' : formatBytes(bytes),
    at === 0 ? taken : '',
  ]);
}

function ago(time: string, now: number): string {
  return formatSeconds(Math.max(0, (now - Date.parse(time)) / 1000));
}

export async function fillAction(args: PoolArguments, session: Session): Promise<number> {
  refuseWord(args.pool, 'fill');
  const { made, log } = await pools.fill({ wait: args.wait, background: args.background }, session);
  const done = args.wait || args.background;
  writeResult(session, {
    data: { made, log },
    names: made,
    text: done
      ? `Made for the pools: ${made.join(', ') || 'nothing'}.\n`
      : `The pools are filled in the background; what that says: ${log}\n`,
  });
  return EXIT.ok;
}

export async function removeAction({ pool, all }: PoolArguments, session: Session): Promise<number> {
  await writeDone(pools.rm({ pool, all }, session), ({ removed }) => {
    writeResult(session, {
      data: { removed },
      names: removed.map(({ id }) => id),
      text:
        removed.length === 0
          ? 'There is no pool to remove.\n'
          : removed
              .map(({ id, members }) => `Removed pool ${id} with ${String(members.length)} clusters.\n`)
              .join(''),
    });
  });
  return EXIT.ok;
}
