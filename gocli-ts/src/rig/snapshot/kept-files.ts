import { GocliError } from '../../errors/error.ts';
import { runTool } from '../../frozen/tool.ts';
import { LABEL } from '../../place/labels.ts';
import type { ContainerInfo, Docker } from '../../place/interface.ts';
import { allOf } from '../../shared/all.ts';
import type { RigDeps } from '../deps.ts';
import type { FoundRig } from '../life.ts';
import { DISKS_USER, MACHINES, machinesMount } from '../machine-files.ts';
import { dataVolume } from '../names.ts';
import { partOf } from '../parts.ts';

/**
 * What machines that stand aside have in volumes: their disks, and what the registry stores. Whatever ends a script, it
 * can be done again. The registry keeps nothing in mind, so that it need not end.
 */

/** What the registry stores; its own user may change what is in it, but not the folder. */
const REGISTRY = '/data/registry';

/** Arguments are the folder of the machines, or that of the registry. */
const DISKS_ASIDE = `[ -e "$1/aside" ] || mv "$1/disks" "$1/aside"`;
const DISKS_BACK = `[ ! -e "$1/aside" ] || { rm -rf "$1/disks"; mv "$1/aside" "$1/disks"; }`;
const DISKS_GONE = `rm -rf "$1/aside"`;

/** `.aside` is whole; `.unfinished` and what lies beside it are whole together. */
export const REGISTRY_ASIDE = `cd "$1"
[ -e .aside ] || { mkdir -p .unfinished; for one in *; do [ ! -e "$one" ] || mv "$one" .unfinished/; done; mv -T .unfinished .aside; }
rm -rf ./*`;
export const REGISTRY_BACK = `cd "$1"
if [ -e .aside ]; then rm -rf ./*; mv -T .aside .unfinished; fi
if [ -e .unfinished ]; then for one in .unfinished/*; do [ ! -e "$one" ] || mv "$one" .; done; rmdir .unfinished; fi`;
const REGISTRY_GONE = `cd "$1"
rm -rf .aside .unfinished`;

const SCRIPTS = {
  back: { disks: DISKS_BACK, registry: REGISTRY_BACK },
  gone: { disks: DISKS_GONE, registry: REGISTRY_GONE },
} as const;

/** Puts disks aside, in the network container. @throws GocliError COMMAND */
export function putDisksAside(network: ContainerInfo, docker: Docker): Promise<void> {
  return runIn(network, DISKS_ASIDE, [MACHINES], docker, DISKS_USER);
}

/**
 * Puts the registry's content aside, and that of a snapshot in its place.
 * @param saved its folder, in the data volume
 * @throws GocliError COMMAND, DISK_FULL
 */
export function exchangeContent(registry: ContainerInfo, saved: string, docker: Docker): Promise<void> {
  return runIn(registry, `${REGISTRY_ASIDE}\ncp -a "$2/registry/." "$1"/`, [REGISTRY, saved], docker);
}

/**
 * Puts back what was put aside, or removes it: in the containers that have the volumes, or, where those do not run, in
 * one made for it. After a restart of the host their ports may be somebody else's.
 * @throws GocliError COMMAND, DOCKER
 */
export async function settleFiles(
  { id, name, containers, aside = [] }: Pick<FoundRig, 'id' | 'name' | 'containers' | 'aside'>,
  what: keyof typeof SCRIPTS,
  { docker, run, signal }: RigDeps,
): Promise<void> {
  const { disks, registry } = SCRIPTS[what];
  const running = containers.filter(({ state }) => state === 'running');
  const network = partOf(running, 'dnsmasq');
  const store = partOf(running, 'registry');
  if (network !== undefined && store !== undefined) {
    const inNetwork = runIn(network, disks, [MACHINES], docker, DISKS_USER);
    await allOf([inNetwork, runIn(store, registry, [REGISTRY], docker)]);
    return;
  }
  const { exitCode, output } = await runTool(
    docker,
    {
      name: `gocli-aside-${run}`,
      image: [...aside, ...containers][0]?.imageId ?? '',
      labels: { [LABEL.cluster]: id, [LABEL.run]: run },
      mounts: [machinesMount(id), { type: 'volume', source: dataVolume(id), target: '/data', noCopy: true }],
      script: `set -eu\n${disks}\nset -- "$2"\n${registry}`,
      arguments: [MACHINES, REGISTRY],
    },
    signal,
  );
  if (exitCode !== 0) throw notExchanged(name, output);
}

/** Runs a script in a container of a rig. @throws GocliError COMMAND, DISK_FULL */
export async function runIn(
  { id, name }: ContainerInfo,
  script: string,
  parameters: readonly string[],
  { containers }: Docker,
  user?: string,
): Promise<void> {
  const argv = ['sh', '-euc', script, 'sh', ...parameters];
  const { exitCode, stderr } = await containers.exec(id, argv, user === undefined ? {} : { user });
  if (exitCode !== 0) throw notExchanged(name.replace(/-[a-z]+$/, ''), stderr);
}

function notExchanged(rig: string, output: string): GocliError {
  const code = output.includes('No space left') ? 'DISK_FULL' : 'COMMAND';
  return new GocliError(code, `the machines of ${rig} cannot be exchanged`, { observed: output.trim() });
}
