import { chmod, copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectWhenUp } from '../../rig/ssh-target.ts';
import { consoleTail, whileAlive } from '../../rig/watchdog.ts';
import { GocliError, isCode } from '../../errors/error.ts';
import { Monitor } from '../../machine/monitor.ts';
import { redact } from '../../shared/redact.ts';
import { quote } from '../../shared/quote.ts';
import type { SshConnection } from '../../ssh/interface.ts';
import { inTime } from '../../waiting/in-time.ts';
import { Cleanup } from '../../shared/cleanup.ts';
import { resultOf } from '../image/results.ts';
import { readManifests } from '../manifests.ts';
import { descentOf, layeredFiles, providerFile } from '../provider-files.ts';
import type { ProvisionStep, Recipe, StepContext } from '../step.ts';
import { cleanScript } from '../build-machine/clean-script.ts';
import {
  type BuildPart,
  buildParts,
  runCloudInit,
  SCRIPT,
  variablesOf,
} from '../build-machine/cloud-init.ts';
import { type BuildMachine, startMachine } from '../build-machine/machine.ts';
import { fetchImages, loadImages, PRE_PULL_FILE, readPrePull } from '../build-machine/pre-pull.ts';
import { forgetProxy, tellProxy } from '../build-machine/proxy.ts';
import { squash } from '../build-machine/squash.ts';

/** Milliseconds for the boot: half a minute under emulation on two idle cores, five minutes were seen on busy ones. */
const BOOT_MS = 480_000;
/** Milliseconds between switching off and the end of qemu. */
const OFF_MS = 30_000;
const DISK_FILE = 'disk.qcow2';
/** Not below /run, which is mounted noexec; the clean-up empties it. */
const GUEST_SCRIPT = '/var/tmp/gocli-provision.sh';

/** Boots the disk, runs the provider's provision.sh in it, loads its pre-pull images, and makes one disk of the result. */
export const vmStep: ProvisionStep = {
  name: 'vm',
  title: 'Run provision.sh in the machine',
  needs: ['runner', 'tiny', 'disk'],
  startsMachine: async (recipe) => boots(recipe, await buildParts(recipe)),
  inputs: async (recipe) => ({
    values: {
      clean: cleanScript(),
      kernelArgs: recipe.provider.kernelArgs.join(' '),
      ...descentOf(recipe),
      ...(await variablesKey(recipe)),
    },
    files: await filesOf(recipe),
  }),
  run: async (context) => {
    const parts = await buildParts(context.recipe);
    if (!boots(context.recipe, parts)) {
      context.step.note('nothing is to be run in it');
      await copyFile(join(resultOf(context, 'disk'), DISK_FILE), join(context.output, DISK_FILE));
      return;
    }
    const prePull = await readPrePull(context.recipe);
    await readManifests(context.recipe);
    await fetchImages(prePull, context);
    await using cleanup = new Cleanup();
    const machine = await startMachine(context, cleanup);
    await whileAlive(context.docker, machine.containers, context.signal, async (signal) => {
      context.step.progress({ message: 'booting' });
      const connect = (): Promise<SshConnection> => boot(context, machine, signal);
      const proxied = await tellProxy(context, machine, parts, connect, signal);
      await using node = await connect();
      await changeMachine(context, { parts, prePull, proxied }, node, signal);
    });
    await switchOff(context, machine);
    context.step.progress({ message: 'making one disk of base and changes' });
    await squash(context, machine.volume);
    await chmod(join(context.output, DISK_FILE), 0o644);
  },
};

function boots({ build }: Recipe, parts: readonly BuildPart[]): boolean {
  return build.alwaysBoots || parts.some(({ userData, script }) => (userData ?? script) !== undefined);
}

/** What is to become of the machine. */
interface Changes {
  readonly parts: readonly BuildPart[];
  readonly prePull: readonly string[];
  /** Whether it was told of a proxy, and has to forget that. */
  readonly proxied: boolean;
}

/** All that is done in the machine, in its order: what needs a proxy, forgetting it, and then no more than cleaning up. */
export async function changeMachine(
  context: StepContext,
  { parts, prePull, proxied }: Changes,
  node: SshConnection,
  signal: AbortSignal,
): Promise<void> {
  for (const part of parts) {
    if (context.recipe.build.cloudInit) await runCloudInit(context, node, part, signal);
    await runProvisionScript(context, node, part, signal);
  }
  await loadImages(context.docker, node, prePull, signal);
  if (proxied) await forgetProxy(node, signal);
  await node.run(`sh -c ${quote(cleanScript())}`, { signal });
}

/** The manifests are copied by `commit`; a change of one is checked here, beside the machine they are meant for. */
async function filesOf(recipe: Recipe): Promise<string[]> {
  const scripts = await layeredFiles(recipe, SCRIPT);
  const prePull = (await providerFile(recipe, PRE_PULL_FILE)) ?? [];
  const manifests = await readManifests(recipe);
  return [...scripts, ...[prePull].flat(), ...manifests.map(({ path }) => path)];
}

/** @throws GocliError TIMEOUT with the end of the console */
async function boot(
  context: StepContext,
  { target, nodeId }: BuildMachine,
  signal: AbortSignal,
): Promise<SshConnection> {
  try {
    return await connectWhenUp(target, context, signal, BOOT_MS);
  } catch (error) {
    if (!isCode(error, 'TIMEOUT')) throw error;
    const console = await consoleTail(context.docker, nodeId, 20);
    throw new GocliError('TIMEOUT', 'the disk does not boot, or its ssh server does not start', {
      observed: [error.observed, 'end of its console:', redact(console)].join('\n'),
      cause: error,
    });
  }
}

/** What provision.sh is given, as an input of the step; nothing where there is none. */
async function variablesKey(recipe: Recipe): Promise<{ readonly environment?: string }> {
  const variables = variablesOf(recipe);
  const scripts = Object.keys(variables).length === 0 ? [] : await layeredFiles(recipe, SCRIPT);
  return scripts.length === 0 ? {} : { environment: JSON.stringify(variables) };
}

/** @throws GocliError REMOTE_COMMAND with the script's last lines */
async function runProvisionScript(
  { recipe, emit, step }: StepContext,
  node: SshConnection,
  { script: file }: BuildPart,
  signal: AbortSignal,
): Promise<void> {
  if (file === undefined) return;
  const script = await readFile(file, 'utf8');
  const { name, kubernetes } = recipe.provider;
  const user = recipe.build.user?.(recipe);
  const env = {
    GOCLI_IN_GUEST: '1',
    GOCLI_PROVIDER: name,
    KUBERNETES_VERSION: kubernetes?.version ?? '',
    ...(user === undefined ? {} : { GOCLI_USER: user }),
    ...variablesOf(recipe),
  };
  const exports = Object.entries(env).map(([key, value]) => `export ${key}=${quote(value)}\n`);
  await node.run(`cat > ${GUEST_SCRIPT} && chmod 700 ${GUEST_SCRIPT}`, { stdin: script, signal });
  // Not as words of a command: those stand in errors and in the list of processes, and a value may be a password.
  await node.run(`sh -s ${GUEST_SCRIPT}`, {
    stdin: `${exports.join('')}exec "$1" </dev/null\n`,
    signal,
    onLine: (line) => {
      emit({ type: 'log', source: 'provision.sh', line });
      step.progress({ message: line });
    },
  });
}

/**
 * Ends qemu through its monitor: the guest's file systems are read-only by now, and it must not write again.
 * @throws GocliError TIMEOUT; whatever the monitor throws; the signal's reason
 */
export async function switchOff(
  { docker, signal }: Pick<StepContext, 'docker' | 'signal'>,
  { nodeId, target }: Pick<BuildMachine, 'nodeId' | 'target'>,
  timeoutMs = OFF_MS,
): Promise<void> {
  let seen = 'its monitor did not take "quit"';
  const bounds = { signal, timeoutMs, seen: () => seen };
  await inTime('the machine that the image is built in ends', bounds, async (bounded) => {
    {
      await using monitor = await Monitor.open(docker, nodeId, target.node, bounded);
      await monitor.execute('quit', {}, bounded).catch((error: unknown) => {
        // The socket may close before the answer is read.
        if (!isCode(error, 'GUEST_DIED')) throw error;
      });
    }
    seen = 'it was told to, but its container still runs';
    await docker.containers.wait(nodeId, bounded);
  });
}
