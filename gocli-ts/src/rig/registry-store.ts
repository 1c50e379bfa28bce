import { GocliError } from '../errors/error.ts';
import { runTool } from '../frozen/tool.ts';
import { keeperCopy } from '../place/keeper.ts';
import { LABEL } from '../place/labels.ts';
import type { ContainerInfo, Mount } from '../place/interface.ts';
import { REGISTRY_USER } from './container-specs.ts';
import type { RigDeps } from './deps.ts';
import type { Identity } from './identity.ts';
import { inside } from './inside.ts';
import { dataVolume } from './names.ts';
import { partOf } from './parts.ts';

/** Where the data volume is. */
export const DATA = '/data';
const STORE = '/data/registry';

/** The data volume of a rig, as tools and keepers have it. */
export function dataOf(rig: string): Mount {
  return { type: 'volume', source: dataVolume(rig), target: DATA };
}

/**
 * `none` when it stores no repository (what else it has then nobody would miss), else kibibytes. What cannot be read is
 * not empty, and so each folder is read before anything is said to be missing in it.
 */
const MEASURE = `set -eu
cd "$1"
for part in registry docker registry v2 repositories; do
  ls -A >/dev/null
  [ -e "$part" ] || { echo none; exit 0; }
  cd "$part"
done
entries=$(ls -A)
[ -n "$entries" ] || { echo none; exit 0; }
size=$(du -sk "$1/registry")
echo "\${size%%[!0-9]*}"`;

/**
 * Puts what lies in a folder (`$1`) beside what the registry stores, of which nothing is replaced: whole, and then by links.
 * A copy that is ended half way leaves no part of a file under its name, which would count as there for ever.
 */
export const BESIDE = `set -eu
coming=${STORE}/.coming
rm -rf "$coming"
cp -a "$1" "$coming"
cp -anl "$coming/." ${STORE}/
rm -rf "$coming"`;

type Deps = Pick<RigDeps, 'docker' | 'signal' | 'run'>;

/**
 * Bytes of what the registry of a rig stores: asked in it where it runs, else in a container made for that.
 * @returns undefined when it stores nothing
 * @throws GocliError COMMAND for whatever else was answered
 */
export async function storedBytes(
  { id, name }: Identity,
  own: readonly ContainerInfo[],
  image: string,
  { docker, signal, run }: Deps,
): Promise<number | undefined> {
  const registry = partOf(own, 'registry');
  if (registry?.state === 'running') {
    const handle = { container: registry.id, node: `the registry of ${name}` };
    return bytesOf(await inside(docker, handle, MEASURE, [DATA]), name);
  }
  const tool = {
    name: `gocli-measure-${id}-${run}`,
    image,
    labels: { [LABEL.cluster]: id, [LABEL.run]: run },
    mounts: [{ ...dataOf(id), readOnly: true }],
    script: MEASURE,
    arguments: [DATA],
  };
  const { exitCode, output } = await runTool(docker, tool, signal);
  if (exitCode === 0) return bytesOf(output, name);
  throw notMeasured(name, output);
}

function bytesOf(output: string, name: string): number | undefined {
  const said = output.trim();
  if (said === 'none') return undefined;
  if (/^[0-9]+$/.test(said)) return Number(said) * 1024;
  throw notMeasured(name, said);
}

function notMeasured(name: string, output: string): GocliError {
  return new GocliError('COMMAND', `what the registry of ${name} stores cannot be measured`, {
    observed: output.trim() === '' ? 'nothing was answered' : output.trim(),
  });
}

/** Not where a copy lies of the keeper that keeps it: containers are pruned, and then that is all that says so. */
const EMPTY = '[ -s "$2" ] || [ ! -d "$1" ] || find "$1" -mindepth 1 -delete';

/**
 * Removes what the registry of an earlier rig stored, unless it is kept.
 * @param keeper that of what is kept, as its copy is called
 * @throws GocliError COMMAND, IMAGE_MISSING
 */
export async function emptyStore(
  { id, name }: Identity,
  keeper: string,
  image: string,
  { docker, signal, run }: Deps,
): Promise<void> {
  const emptying = {
    name: `gocli-empty-${id}-${run}`,
    image,
    labels: { [LABEL.cluster]: id, [LABEL.run]: run },
    mounts: [dataOf(id)],
    script: EMPTY,
    arguments: [STORE, keeperCopy({ at: DATA, name: keeper })],
    user: REGISTRY_USER,
  };
  const { exitCode, output } = await runTool(docker, emptying, signal);
  if (exitCode === 0) return;
  throw new GocliError('COMMAND', `what the registry of an earlier ${name} stored cannot be removed`, {
    observed: output.trim(),
  });
}
