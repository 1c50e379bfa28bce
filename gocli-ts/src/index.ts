import { setMaxListeners } from 'node:events';
import type { CallOptions, Context } from './api/context.ts';
import { operate } from './api/operation.ts';
import { AS_KEYS } from './rig/options/option.ts';
import { processRuntime } from './context.ts';
import { explainFileError } from './errors/file-error.ts';
import type { Requests } from './api/requests.ts';

type Work<Request, Result> = (request: Request, context: Context) => Promise<Result>;

/** A request in which nothing has to be said may be left out. */
type Call<Request, Result> =
  Record<string, never> extends Request
    ? (request?: Request, options?: CallOptions) => Promise<Result>
    : (request: Request, options?: CallOptions) => Promise<Result>;

/**
 * Binds an operation to this process; each call is an execution of its own. The operation, and what checks its request,
 * is loaded at the first one.
 * @param name of the request, whose shape is in api/requests.ts
 */
function bind<N extends keyof Requests, Result>(
  operation: string,
  name: N,
  load: () => Promise<Work<Requests[N], Result>>,
): Call<Requests[N], Result> {
  return async (asked?: unknown, options?: unknown): Promise<Result> => {
    const { checkCall, checkRequest } = await import('./api/check-request.ts');
    const { onEvent, signal, env } = checkCall(options);
    signal?.throwIfAborted();
    const request = checkRequest(name, asked);
    const work = await load();
    const execution = {
      operation,
      onEvent: onEvent ?? (() => undefined),
      signal: signal ?? new AbortController().signal,
    };
    // Every wait for every machine listens to it; Node would warn of a leak at the eleventh.
    setMaxListeners(0, execution.signal);
    try {
      return await operate(execution, processRuntime(execution.signal, AS_KEYS, env), (context) =>
        work(request, context),
      );
    } catch (error) {
      // What the interrupted work made of it says less.
      signal?.throwIfAborted();
      throw explainFileError(error);
    }
  };
}

const ofRun = () => import('./api/run.ts');
/** Starts a rig and waits until it is Ready. */
export const run = bind('run', 'run', async () => (await ofRun()).run);
/** What `run` would start. */
export const plan = bind('run', 'run', async () => (await ofRun()).plan);
/** Starts rigs side by side and waits until all are Ready. */
export const runSeveral = bind(
  'run',
  'runSeveral',
  async () => (await import('./api/run-several.ts')).runSeveral,
);
/** Removes rigs. */
export const rm = bind('rm', 'rm', async () => (await import('./api/rm.ts')).rm);
/** Saves rigs and ends their processes. */
export const stop = bind('stop', 'eachRig', async () => (await import('./api/stop.ts')).stop);
/** Brings stopped rigs back. */
export const start = bind('start', 'start', async () => (await import('./api/start.ts')).start);
/** Holds all processors of rigs. */
export const pause = bind('pause', 'eachRig', async () => (await import('./api/pause.ts')).pause);
/** Lets paused rigs go on. */
export const resume = bind('resume', 'eachRig', async () => (await import('./api/resume.ts')).resume);
/** Writes the scripts of cluster-up into a repository. */
export const vendor = bind('vendor', 'vendor', async () => (await import('./api/vendor.ts')).vendor);
/** Gives a rig another name. */
export const rename = bind('rename', 'rename', async () => (await import('./api/rename.ts')).rename);
/** Lists the rigs of this host. */
export const ls = bind('ls', 'ls', async () => (await import('./api/ls.ts')).ls);
/** Looks once at everything that Ready stands for. */
export const status = bind('status', 'rig', async () => (await import('./api/status.ts')).status);
/** The named ports of a rig. */
export const ports = bind('ports', 'rig', async () => (await import('./api/ports.ts')).ports);
/** Machines as ssh reaches them. */
export const hosts = bind('ssh-config', 'rig', async () => (await import('./api/hosts.ts')).hosts);
/** What kubectl is called with for a rig. */
export const kubectl = bind('kubectl', 'rig', async () => (await import('./api/kubectl.ts')).kubectl);
/** Copies between a node and this machine. */
export const scp = bind('scp', 'scp', async () => (await import('./api/scp.ts')).scp);
/** Brings images to all nodes of a rig. */
export const load = bind('load', 'load', async () => (await import('./api/load.ts')).load);
/** Removes templates that nobody misses. */
export const gc = bind('gc', 'gc', async () => (await import('./api/gc.ts')).gc);
/** What this host has and lacks. */
export const doctor = bind('doctor', 'nothing', async () => (await import('./api/doctor/doctor.ts')).doctor);
/** Versions of gocli and of what it runs on. */
export const version = bind('version', 'nothing', async () => (await import('./api/version.ts')).version);

const ofImages = () => import('./api/images.ts');
/** The images that the nodes of a rig hold. */
export const images = {
  ls: bind('images ls', 'rig', async () => (await ofImages()).ls),
  rm: bind('images rm', 'imagesRm', async () => (await ofImages()).rm),
  prune: bind('images prune', 'imagesPrune', async () => (await ofImages()).prune),
};

const ofAddons = () => import('./api/addon.ts');
/** What can be added to clusters. */
export const addon = {
  ls: bind('addon ls', 'nothing', async () => (await ofAddons()).ls),
  show: bind('addon show', 'addon', async () => (await ofAddons()).show),
  enable: bind('addon enable', 'addons', async () => (await ofAddons()).enable),
  disable: bind('addon disable', 'addons', async () => (await ofAddons()).disable),
  diff: bind('addon diff', 'addons', async () => (await ofAddons()).diff),
  status: bind('addon status', 'rig', async () => (await ofAddons()).status),
};

const ofKubeconfig = () => import('./api/kubeconfig.ts');
/** The kubeconfig of a rig. */
export const kubeconfig = {
  show: bind('kubeconfig', 'rig', async () => (await ofKubeconfig()).show),
  merge: bind('kubeconfig', 'merge', async () => (await ofKubeconfig()).merge),
};

const ofConsole = () => import('./api/console.ts');
/** The serial console of a node. */
export const serialConsole = {
  log: bind('console', 'console', async () => (await ofConsole()).log),
  attach: bind('console', 'console', async () => (await ofConsole()).attach),
};

const ofLogs = () => import('./api/logs.ts');
/** The logs of a rig, secrets masked. */
export const logs = {
  tail: bind('logs', 'tail', async () => (await ofLogs()).tail),
  exportTo: bind('logs', 'exportLogs', async () => (await ofLogs()).exportTo),
};

const ofSsh = () => import('./api/ssh.ts');
/** Commands on a node. */
export const ssh = {
  exec: bind('ssh', 'exec', async () => (await ofSsh()).exec),
  connect: bind('ssh', 'ssh', async () => (await ofSsh()).connect),
};

const ofSnapshots = () => import('./api/snapshot.ts');
/** Moments of a running rig. */
export const snapshot = {
  create: bind('snapshot create', 'snapshot', async () => (await ofSnapshots()).create),
  ls: bind('snapshot ls', 'rig', async () => (await ofSnapshots()).ls),
  show: bind('snapshot show', 'snapshot', async () => (await ofSnapshots()).show),
  restore: bind('snapshot restore', 'restore', async () => (await ofSnapshots()).restore),
  rm: bind('snapshot rm', 'snapshot', async () => (await ofSnapshots()).rm),
};

const ofTemplates = () => import('./api/template.ts');
/** What new rigs are thawed from. */
export const template = {
  ls: bind('template ls', 'nothing', async () => (await ofTemplates()).ls),
  show: bind('template show', 'showTemplate', async () => (await ofTemplates()).show),
  build: bind('template build', 'buildTemplate', async () => (await ofTemplates()).build),
  verify: bind('template verify', 'templates', async () => (await ofTemplates()).verify),
  rm: bind('template rm', 'templates', async () => (await ofTemplates()).rm),
};

const ofPools = () => import('./api/pool.ts');
/** Rigs that stand ready. */
export const pool = {
  set: bind('pool set', 'setPool', async () => (await ofPools()).set),
  ls: bind('pool ls', 'nothing', async () => (await ofPools()).ls),
  fill: bind('pool fill', 'fillPools', async () => (await ofPools()).fill),
  rm: bind('pool rm', 'rmPool', async () => (await ofPools()).rm),
};

const ofProvision = () => import('./api/provision.ts');
/** Making the image of a provider. */
export const provision = {
  plan: bind('provision', 'provision', async () => (await ofProvision()).plan),
  build: bind('provision', 'provision', async () => (await ofProvision()).build),
  addons: bind('provision', 'buildAddons', async () => (await ofProvision()).addons),
};

const ofProviders = () => import('./api/provider.ts');
const ofAuthors = () => import('./api/provider-author.ts');
const ofProviderArchives = () => import('./api/provider-archive.ts');
const ofRemovals = () => import('./api/provider-rm.ts');
/** What rigs are made from. */
export const provider = {
  ls: bind('provider ls', 'nothing', async () => (await ofProviders()).ls),
  show: bind('provider show', 'provider', async () => (await ofProviders()).show),
  lint: bind('provider lint', 'lintProvider', async () => (await ofAuthors()).lint),
  create: bind('provider new', 'newProvider', async () => (await ofAuthors()).create),
  bump: bind('provider bump', 'bumpProvider', async () => (await ofAuthors()).bump),
  save: bind('provider save', 'saveProvider', async () => (await ofProviderArchives()).save),
  load: bind('provider load', 'loadProvider', async () => (await ofProviderArchives()).load),
  removal: bind('provider rm', 'provider', async () => (await ofRemovals()).removal),
  rm: bind('provider rm', 'provider', async () => (await ofRemovals()).rm),
};

/** Pushes the image of a provider to a registry. */
export const publish = bind('publish', 'publish', async () => (await import('./api/publish.ts')).publish);
/** Which providers must be provisioned anew since a commit. */
export const provisionManager = bind(
  'provision-manager',
  'provisionManager',
  async () => (await import('./api/provision-manager.ts')).provisionManager,
);

export { GocliError } from './errors/error.ts';
export type {
  AddonDiffResult,
  AddonImage,
  AddonShowRequest,
  AddonsRequest,
  AddonStatusResult,
  AddonWorkResult,
  ListedAddon,
  ShownAddon,
} from './api/addon.ts';
export type { RigChoice } from './api/choose.ts';
export type { CallOptions, Environment, NoRequest } from './api/context.ts';
export type { ConsoleLine, ConsoleLog, ConsoleRequest } from './api/console.ts';
export type { CheckResult, DoctorResult } from './api/doctor/doctor.ts';
export type { ListedRegistry } from './api/kept-registries.ts';
export type { GcRequest, GcResult } from './api/gc.ts';
export type { EachRigRequest, EachRigResult } from './api/each-rig.ts';
export type { ImagesPruneRequest, ImagesResult, ImagesRmRequest, ImagesRmResult } from './api/images.ts';
export type { KubeconfigResult, MergeRequest, MergeResult } from './api/kubeconfig.ts';
export type { KubectlResult } from './api/kubectl.ts';
export type { ExportRequest, ExportResult, TailRequest, TailResult } from './api/logs.ts';
export type { LoadRequest, LoadResult } from './api/load.ts';
export type { ListedRig, LsRequest, LsResult } from './api/ls.ts';
export type {
  ListedMember,
  ListedPool,
  PoolFillRequest,
  PoolFillResult,
  PoolLsResult,
  PoolRmRequest,
  PoolRmResult,
  PoolSetRequest,
  PoolSetResult,
} from './api/pool.ts';
export type { NamedPort, PortsResult } from './api/ports.ts';
export type {
  BuildAddonsRequest,
  BuiltAddons,
  PlannedProvision,
  ProvisionRequest,
  ProvisionResult,
} from './api/provision.ts';
export type {
  ListedProvider,
  ProviderLsResult,
  ProviderShowRequest,
  ProviderShowResult,
} from './api/provider.ts';
export type {
  LintedProvider,
  ProviderBumpRequest,
  ProviderLintRequest,
  ProviderLintResult,
  ProviderNewRequest,
} from './api/provider-author.ts';
export type {
  ProviderLoadRequest,
  ProviderLoadResult,
  ProviderSaveRequest,
  ProviderSaveResult,
} from './api/provider-archive.ts';
export type { ProviderRmRequest, ProviderRmResult } from './api/provider-rm.ts';
export type { ProvisionManagerRequest, ProvisionManagerResult } from './api/provision-manager.ts';
export type { PublishRequest, PublishResult } from './api/publish.ts';
export type { RunRequest, RunResult } from './api/run.ts';
export type { HostsResult } from './api/hosts.ts';
export type { RunSeveralRequest, RunSeveralResult } from './api/run-several.ts';
export type { VendorRequest, VendorResult } from './api/vendor.ts';
export type { RenameRequest, RenameResult } from './api/rename.ts';
export type { RemovedRig, RmRequest, RmResult } from './api/rm.ts';
export type { Download, ScpRequest, Upload } from './api/scp.ts';
export type {
  ListedSnapshot,
  RestoreRequest,
  ShownSnapshot,
  SnapshotRequest,
  SnapshotWork,
} from './api/snapshot.ts';
export type { ExecRequest, SshRequest } from './api/ssh.ts';
export type { StartRequest } from './api/start.ts';
export type { StatusResult } from './api/status.ts';
export type {
  ListedTemplate,
  ShownTemplate,
  TemplateBuildRequest,
  TemplateChoice,
  TemplatesChoice,
  TemplateShowRequest,
} from './api/template.ts';
export type { VersionResult } from './api/version.ts';
export type { EventOrigin, GocliEvent, OperationEvent, OperationSink } from './events/events.ts';
export type { LoadedImage } from './kubernetes/load.ts';
export type { NodeImage } from './kubernetes/node-images.ts';
export type { SshConnection, SshResult } from './ssh/interface.ts';
