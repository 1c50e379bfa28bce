import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { outputOf, type CliResult } from '../helpers/cli.ts';
import type { Fault } from './fault.ts';
import { ended, proveWhole, RIG, runArguments, type Ground } from './ground.ts';
import { OWN, proveBooted, removeOwn, startOwn } from './own.ts';

export const GUEST_PART = 'What happens inside a guest';

/** Asks until an answer is as it should be, and asserts that it became so. */
export async function until(
  t: ExecutionContext,
  seconds: number,
  ask: () => Promise<CliResult>,
  isRight: (result: CliResult) => boolean,
): Promise<CliResult> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const result = await ask();
    t.notRegex(result.stderr, /GOCLI-E900|^\s+at /m, 'a defect of gocli');
    if (isRight(result)) return result;
    if (Date.now() > deadline) {
      t.fail(`not within ${seconds.toFixed(0)} s\n${outputOf(result)}`);
      return result;
    }
    await delay(500);
  }
}

const DAY = 86_400;

const clockOff = (sign: '+' | '-'): Fault => ({
  id: `guest-clock${sign}`,
  part: GUEST_PART,
  broken: 'the clock of a machine',
  how: `it is set a day ${sign === '+' ? 'ahead' : 'back'}`,
  sees: 'how far it is off, by `status`; verbs go on',
  exit: '0',
  left: 'the cluster; its clock is right after the next `resume` or `start`',
  run: async (t, ground) => {
    await ground.shell(t, RIG, `date -s @$(($(date +%s) ${sign} ${DAY.toFixed(0)}))`);
    const status = await ground.gocli('status', RIG);
    ended(t, 0, status);
    t.regex(status.stdout, new RegExp(`clock of node01 .*${sign === '+' ? 'ahead of' : 'behind'}`));
    ended(t, 0, await ground.gocli('pause', RIG));
    ended(t, 0, await ground.gocli('resume', RIG));
    const now = Number(await ground.shell(t, RIG, 'date +%s'));
    t.true(Math.abs(now - Date.now() / 1000) < 5, `the guest says ${now.toFixed(0)}`);
    await proveWhole(t, ground);
  },
});

export const GUEST_FAULTS: readonly Fault[] = [
  {
    id: 'guest-panic',
    part: GUEST_PART,
    broken: 'the kernel of a guest',
    how: 'it panics, and stands',
    sees: '`status` and `run` say that the machine does not answer, and how it is booted from its disk',
    exit: '8',
    left: 'its disk; what was only in its memory is gone',
    run: async (t, ground) => {
      await startOwn(t, ground);
      await ground.shell(t, OWN, '(sleep 1; echo c >/proc/sysrq-trigger) >/dev/null 2>&1 &');
      await until(
        t,
        60,
        () => ground.gocli('status', OWN),
        ({ exitCode }) => exitCode === 8,
      );
      const refused = await ground.gocli(...runArguments(OWN));
      ended(t, 8, refused);
      t.notRegex(refused.stderr, /gocli rm/, `its disk is whole\n${outputOf(refused)}`);
      await endMachines(t, ground, refused);
      ended(t, 0, await ground.gocli('start', OWN));
      await proveBooted(t, ground);
      await removeOwn(t, ground);
    },
  },
  {
    id: 'guest-disk-full',
    part: GUEST_PART,
    broken: 'the file system of a guest',
    how: 'it is filled to its last block',
    sees: 'nothing: what the guest writes is its own matter',
    exit: '0',
    left: 'the cluster; it is stopped and started as it is',
    run: async (t, ground) => {
      await ground.shell(t, RIG, 'dd if=/dev/zero of=/data/fill bs=64k 2>/dev/null; df /data | grep -q 100%');
      ended(t, 0, await ground.gocli('status', RIG));
      ended(t, 0, await ground.gocli('stop', RIG));
      ended(t, 0, await ground.gocli('start', RIG));
      await ground.shell(t, RIG, 'df /data | grep -q 100%; rm /data/fill; sync');
      await proveWhole(t, ground);
    },
  },
  clockOff('+'),
  clockOff('-'),
];

/** Types the command that the error names for a machine that stands. */
async function endMachines(t: ExecutionContext, { island }: Ground, refused: CliResult): Promise<void> {
  const [, names = ''] = /docker kill ([a-z0-9 -]+)/.exec(refused.stderr) ?? [];
  t.not(names, '', outputOf(refused));
  t.is((await island.run(['docker', 'kill', ...names.trim().split(' ')])).exitCode, 0);
}
