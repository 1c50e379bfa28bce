import test, { type ExecutionContext } from 'ava';
import { LABEL } from '../../gocli-ts/src/place/labels.ts';
import { Agent } from '../../gocli-ts/src/machine/agent.ts';
import { Monitor } from '../../gocli-ts/src/machine/monitor.ts';
import { MACHINE_PATH } from '../../gocli-ts/src/machine/spec.ts';
import { type CliResult, outputOf } from '../helpers/cli.ts';
import { diskImage } from '../helpers/disk-image.ts';
import { meddle } from '../helpers/meddle.ts';
import { openSandbox, runArguments, type Sandbox } from '../helpers/sandbox.ts';

let sandbox: Sandbox;
let image: string;
/** Clusters that boot beside all that comes before the tests of them. */
let cold: Booting;
let panicking: Booting;

interface Booting {
  readonly name: string;
  readonly result: Promise<CliResult>;
}

/** Long enough for a busy host to see the machine up before. */
const PANIC_SECONDS = 5;

test.before('the provider image with a disk', async () => {
  sandbox = await openSandbox();
  image = await diskImage(sandbox.docker);
  const panics = [`gocli.panic=${PANIC_SECONDS}`];
  cold = boot(image);
  panicking = boot(await diskImage(sandbox.docker, { kernelArgs: panics }));
});

test.after.always('nothing stays', async () => {
  await Promise.allSettled([cold.result, panicking.result]);
  await sandbox.close();
});

function boot(reference: string): Booting {
  const name = sandbox.name();
  return { name, result: sandbox.run(reference, name, '--no-template') };
}

const soon = (): AbortSignal => AbortSignal.timeout(120_000);

function ended(t: ExecutionContext, code: number, result: CliResult): void {
  t.is(result.exitCode, code, outputOf(result));
}

async function machineOf(name: string): Promise<string> {
  const [node] = await sandbox.docker.containers.list({ [LABEL.cluster]: name, [LABEL.node]: 'node01' });
  return node?.id ?? '';
}

/** Runs a script in node01, over ssh with the cluster's key. */
async function shell(t: ExecutionContext, name: string, script: string): Promise<string> {
  const result = await sandbox.cli('ssh', '--name', name, 'node01', '--', script);
  ended(t, 0, result);
  return result.stdout.trim();
}

/** Waits until the machine has ended by itself. */
async function powersOff(t: ExecutionContext, id: string): Promise<void> {
  t.is(await sandbox.docker.containers.wait(id, soon()), 0);
}

test.serial('what is on the disk is there after the machine was shut down and started again', async (t) => {
  const { name, result } = cold;
  ended(t, 0, await result);
  const id = await machineOf(name);
  await shell(t, name, 'echo kept >/data/note');
  {
    await using agent = await Agent.open(sandbox.docker, id, 'node01', soon());
    agent.shutdown();
    await powersOff(t, id);
  }
  await sandbox.docker.containers.start(id);
  {
    await using _ = await Agent.open(sandbox.docker, id, 'node01', soon());
    const seen = await shell(t, name, 'cat /data/note; wc -l </data/boots; dmesg | grep EXT4');
    t.regex(seen, /^kept\n2\n.*mounted/);
    t.notRegex(seen, /recovery/, 'it had been unmounted');
  }
  await using monitor = await Monitor.open(sandbox.docker, id, 'node01', soon());
  await monitor.execute('system_powerdown', {}, soon());
  await powersOff(t, id);
  ended(t, 0, await sandbox.cli('rm', name));
  t.deepEqual(await sandbox.leftovers(name), []);
});

test.serial('a thawed clone has the file system of the template, and its own copy of it', async (t) => {
  const [first, second] = [sandbox.name(), sandbox.name()];
  for (const name of [first, second]) ended(t, 0, await sandbox.run(image, name));
  const bootId = 'cat /proc/sys/kernel/random/boot_id';
  const [boots, booted] = (await shell(t, first, `cat /data/boots; echo --; ${bootId}`)).split('\n--\n');
  t.is(boots, booted, 'the one boot is the one that memory knows');
  await shell(t, first, 'echo first >/data/note; sync');
  const seen = await shell(t, second, 'echo 3 >/proc/sys/vm/drop_caches; cat /data/boots; ls /data');
  t.is(seen, `${boots}\nboots\nlost+found\nssh_host_ed25519_key\nssh_host_ed25519_key.pub`);
  for (const name of [first, second]) ended(t, 0, await sandbox.cli('rm', name));
});

test.serial('a cluster whose freeze was interrupted is saved with its disk, and comes back', async (t) => {
  const name = sandbox.name();
  const moment = { step: 'freeze', ms: 0 };
  const argv = [...runArguments(image, name), '--fresh'];
  t.is((await meddle(argv, moment, (child) => child.kill('SIGINT'), sandbox.env)).exitCode, 130);
  await shell(t, name, 'echo kept >/data/note; sync');
  const snapshot = `${name}-s`;
  ended(t, 0, await sandbox.cli('snapshot', 'create', snapshot, '--name', name));
  await shell(t, name, 'echo later >/data/note; sync');
  // Straight from the interrupted freeze, as the snapshot was; nothing of the template that was never made is needed.
  ended(t, 0, await sandbox.cli('stop', name));
  ended(t, 0, await sandbox.cli('gc'));
  ended(t, 0, await sandbox.cli('start', name));
  const seen = 'echo 3 >/proc/sys/vm/drop_caches; cat /data/note; wc -l </data/boots';
  t.is(await shell(t, name, seen), 'later\n1');
  await shell(t, name, 'echo lost >/data/note; sync');
  ended(t, 0, await sandbox.cli('snapshot', 'restore', snapshot));
  t.is(await shell(t, name, seen), 'kept\n1');
  ended(t, 0, await sandbox.cli('snapshot', 'rm', snapshot));
  ended(t, 0, await sandbox.cli('rm', name));
  t.deepEqual(await sandbox.leftovers(name), []);
});

test.serial('gocli.panic makes a kernel panic of a machine that was up', async (t) => {
  const { name, result } = panicking;
  ended(t, 0, await result);
  const id = await machineOf(name);
  const bounded = soon();
  let log = '';
  while (!log.includes('Kernel panic')) {
    bounded.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 100));
    log = (await sandbox.docker.containers.readFile(id, MACHINE_PATH.consoleLog)).toString('utf8');
  }
  t.regex(log, /gocli: disk guest ready[^]*Kernel panic/);
  ended(t, 0, await sandbox.cli('rm', name));
});
