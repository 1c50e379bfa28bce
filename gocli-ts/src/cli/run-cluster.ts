import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkClusterName } from '../rig/names.ts';
import { checkRequest } from '../rig/plan.ts';
import { planRig, up, type UpRequest, type UpResult } from '../rig/up.ts';
import type { ImageInfo } from '../place/port.ts';
import { readEnvironment, type EnvironmentRequest } from './environment.ts';
import { GocliError } from '../errors/error.ts';
import { writeAtomic } from '../host/files.ts';
import { clusterFolder } from '../host/paths.ts';
import { parseSize } from '../shared/size.ts';
import { writeTimings } from '../host/timings.ts';
import { requireSnapshot, type Snapshot } from '../rig/snapshot/snapshots.ts';
import { isKubernetes } from '../kubernetes/section.ts';
import { kubectlPath } from '../kubernetes/kubectl-binary.ts';
import { templateBudget } from './template-budget.ts';
import { wholeNumber } from './numbers.ts';
import { pinnedPorts, type PortArguments } from './port-options.ts';
import { obtainImage } from '../api/provider-image.ts';
import { writeUpSummary } from './render/up-summary.ts';
import { writeResult } from './render/output.ts';
import type { Session } from './session.ts';

/** The arguments of `gocli run`, as parsed. */
export interface RunArguments extends PortArguments {
  readonly provider?: string | undefined;
  readonly name?: string | undefined;
  readonly nodes?: number | undefined;
  readonly memory?: string | undefined;
  readonly cpu?: number | undefined;
  readonly 'container-registry'?: string | undefined;
  readonly 'container-org'?: string | undefined;
  readonly 'container-suffix'?: string | undefined;
  readonly provision: boolean;
  readonly 'keep-on-failure': boolean;
  readonly template: boolean;
  readonly fresh: boolean;
  readonly snapshot?: string | undefined;
  readonly timings: boolean;
  readonly timeout: number;
  readonly 'dry-run': boolean;
  readonly 'from-environment': boolean;
  readonly 'ci-config'?: string | undefined;
}

/** `gocli run`: image, cluster, and what the wrappers of cluster-up expect to find afterwards. */
export async function runCluster(args: RunArguments, session: Session): Promise<number> {
  const environment = args['from-environment'] ? readEnvironment(session.env) : undefined;
  for (const text of environment?.warnings ?? []) session.emit({ type: 'notice', level: 'warning', text });
  const snapshot =
    args.snapshot === undefined ? undefined : await requireSnapshot(session.docker, args.snapshot);
  const provider = args.provider ?? environment?.provider ?? snapshot?.record.state.plan.guest.provider;
  if (provider === undefined) {
    throw new GocliError('USAGE', 'a provider is missing', {
      hint: 'For example: gocli run k8s-1.36 (all: gocli provider ls)',
    });
  }
  const request = { ...(await requestOf(args, provider, environment, snapshot, session)), snapshot };
  if (args['dry-run']) {
    const plan = planRig(request, session.kinds);
    writeResult(session, {
      data: { plan },
      text: `${JSON.stringify(plan, undefined, 2)}\n`,
      names: [request.name],
    });
    return 0;
  }
  const result = await up(request, session);
  if (result.started) await rememberTimings(result, session);
  await writeWrapperFiles(args['ci-config'], environment, result, session);
  writeUpSummary(result, args.timings, session);
  return 0;
}

async function requestOf(
  args: RunArguments,
  provider: string,
  environment: EnvironmentRequest | undefined,
  snapshot: Snapshot | undefined,
  session: Session,
): Promise<UpRequest> {
  // Whatever can be refused without work is refused before an image is fetched or built.
  const memoryBytes =
    args.memory === undefined ? environment?.memoryBytes : parseSize(args.memory, '--memory');
  const pinned = pinnedPorts(args);
  const nodes = wholeNumber('--nodes', args.nodes) ?? environment?.nodes;
  const cpus = wholeNumber('--cpu', args.cpu) ?? environment?.cpus;
  const timeoutMs = (wholeNumber('--timeout', args.timeout) ?? 600) * 1000;
  const name = checkClusterName(args.name ?? provider);
  checkRequest({ nodes, cpus });
  if (snapshot !== undefined) refuseSizes(args);
  const image =
    snapshot === undefined
      ? await obtainImage(
          {
            provider,
            registry: args['container-registry'] ?? environment?.registry,
            organisation: args['container-org'] ?? environment?.organisation,
            tag: args['container-suffix']?.replace(/^:/, '') ?? environment?.tag,
            provision: args.provision && !args['dry-run'],
          },
          session,
        )
      : await imageOfSnapshot(snapshot, session);
  return {
    ...image,
    name,
    nodes,
    cpus,
    memoryBytes,
    pinnedPorts: pinned,
    templateBudget: templateBudget(session.env),
    timeoutMs,
    keepOnFailure: args['keep-on-failure'],
    template: args.fresh ? 'fresh' : args.template ? 'use' : 'none',
  };
}

/** Size and number of the machines are those of the snapshot. @throws GocliError USAGE */
function refuseSizes({ nodes, memory, cpu, name }: RunArguments): void {
  const asked = Object.entries({ nodes, memory, cpu }).find(([, value]) => value !== undefined);
  if (asked !== undefined) throw new GocliError('USAGE', `--${asked[0]} does not go with --snapshot`);
  if (name === undefined) {
    throw new GocliError('USAGE', '--snapshot needs a name for the new cluster', {
      hint: 'For example: gocli run --snapshot clean --name other',
    });
  }
}

/** @throws GocliError IMAGE_MISSING */
async function imageOfSnapshot(
  { name, record }: Snapshot,
  session: Session,
): Promise<{ image: ImageInfo; reference: string }> {
  const { image: reference, imageId } = record.state.plan.host;
  const image = await session.docker.images.inspect(imageId);
  if (image !== undefined) return { image, reference };
  throw new GocliError('IMAGE_MISSING', `the image that snapshot "${name}" was taken on is gone`);
}

async function rememberTimings(result: UpResult, session: Session): Promise<void> {
  await writeTimings(
    session.paths,
    Object.fromEntries(result.timings.map(({ id, seconds }) => [id, seconds])),
  );
}

/** kubevirtci's scripts find kubeconfig and kubectl in `_ci-configs/<provider>/`. */
async function writeWrapperFiles(
  folder: string | undefined,
  environment: EnvironmentRequest | undefined,
  { state }: UpResult,
  session: Session,
): Promise<void> {
  if (!isKubernetes(state.plan.guest)) return;
  const kubeconfig = join(clusterFolder(session.paths, state.name), 'kubeconfig');
  const text = await readFile(kubeconfig, 'utf8');
  if (folder !== undefined) {
    await writeAtomic(join(folder, '.kubeconfig'), text, 0o600);
    await copyFile(await kubectlPath(state, session), join(folder, '.kubectl'));
  }
  if (environment?.globalKubeconfig !== undefined)
    await writeAtomic(environment.globalKubeconfig, text, 0o600);
}
