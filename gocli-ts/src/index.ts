import { setMaxListeners } from 'node:events';
import type { Context, Environment } from './api/context.ts';
import { beginOperation } from './api/operation.ts';
import { processSurroundings } from './context.ts';
import { explainFileError } from './errors/file-error.ts';
import type { OperationSink } from './events/events.ts';

/** How a function of this library is called, beside its request. */
export interface CallOptions {
  /** Gets everything that the operation tells: steps, notices, log lines. Nothing is printed. */
  readonly onEvent?: OperationSink;
  /** Ends the operation in order; what it made is removed. */
  readonly signal?: AbortSignal;
  /** Environment of the operation, instead of that of the process: `DOCKER_HOST`, `KUBECONFIG`, … */
  readonly env?: Environment;
}

type Work<Request, Result> = (request: Request, context: Context) => Promise<Result>;

/** A request in which nothing has to be said may be left out. */
type Call<Request, Result> =
  Record<string, never> extends Request
    ? (request?: Request, options?: CallOptions) => Promise<Result>
    : (request: Request, options?: CallOptions) => Promise<Result>;

/** Binds an operation to this process; each call is an execution of its own. It is loaded at the first one. */
function bind<Request, Result>(
  operation: string,
  load: () => Promise<Work<Request, Result>>,
): Call<Request, Result> {
  return async (request?: Request, { onEvent, signal, env }: CallOptions = {}): Promise<Result> => {
    signal?.throwIfAborted();
    const work = await load();
    const execution = {
      operation,
      onEvent: onEvent ?? (() => undefined),
      signal: signal ?? new AbortController().signal,
    };
    // Every wait for every machine listens to it; Node would warn of a leak at the eleventh.
    setMaxListeners(0, execution.signal);
    const context = await beginOperation(execution, processSurroundings(env));
    try {
      // By its type a request is left out only where an empty one will do.
      return await work(request ?? ({} as Request), context);
    } catch (error) {
      // What the interrupted work made of it says less.
      signal?.throwIfAborted();
      throw explainFileError(error);
    }
  };
}

const ofRun = () => import('./api/run.ts');
/** Starts a rig and waits until it is Ready. */
export const run = bind('run', async () => (await ofRun()).run);
/** What `run` would start. */
export const plan = bind('run', async () => (await ofRun()).plan);
/** Removes rigs. */
export const rm = bind('rm', async () => (await import('./api/rm.ts')).rm);
/** Saves rigs and ends their processes. */
export const stop = bind('stop', async () => (await import('./api/stop.ts')).stop);
/** Brings stopped rigs back. */
export const start = bind('start', async () => (await import('./api/start.ts')).start);
/** Holds all processors of rigs. */
export const pause = bind('pause', async () => (await import('./api/pause.ts')).pause);
/** Lets paused rigs go on. */
export const resume = bind('resume', async () => (await import('./api/resume.ts')).resume);
/** Lists the rigs of this host. */
export const ls = bind('ls', async () => (await import('./api/ls.ts')).ls);
/** Looks once at everything that Ready stands for. */
export const status = bind('status', async () => (await import('./api/status.ts')).status);
/** The named ports of a rig. */
export const ports = bind('ports', async () => (await import('./api/ports.ts')).ports);
/** What kubectl is called with for a rig. */
export const kubectl = bind('kubectl', async () => (await import('./api/kubectl.ts')).kubectl);
/** Copies between a node and this machine. */
export const scp = bind('scp', async () => (await import('./api/scp.ts')).scp);
/** Removes templates that nobody misses. */
export const gc = bind('gc', async () => (await import('./api/gc.ts')).gc);
/** What this host has and lacks. */
export const doctor = bind('doctor', async () => (await import('./api/doctor/doctor.ts')).doctor);
/** Versions of gocli and of what it runs on. */
export const version = bind('version', async () => (await import('./api/version.ts')).version);

const ofKubeconfig = () => import('./api/kubeconfig.ts');
/** The kubeconfig of a rig. */
export const kubeconfig = {
  show: bind('kubeconfig', async () => (await ofKubeconfig()).show),
  merge: bind('kubeconfig', async () => (await ofKubeconfig()).merge),
};

const ofConsole = () => import('./api/console.ts');
/** The serial console of a node. */
export const serialConsole = {
  log: bind('console', async () => (await ofConsole()).log),
  attach: bind('console', async () => (await ofConsole()).attach),
};

const ofLogs = () => import('./api/logs.ts');
/** The logs of a rig, secrets masked. */
export const logs = {
  tail: bind('logs', async () => (await ofLogs()).tail),
  exportTo: bind('logs', async () => (await ofLogs()).exportTo),
};

const ofSsh = () => import('./api/ssh.ts');
/** Commands on a node. */
export const ssh = {
  exec: bind('ssh', async () => (await ofSsh()).exec),
  connect: bind('ssh', async () => (await ofSsh()).connect),
};

const ofSnapshots = () => import('./api/snapshot.ts');
/** Moments of a running rig. */
export const snapshot = {
  create: bind('snapshot create', async () => (await ofSnapshots()).create),
  ls: bind('snapshot ls', async () => (await ofSnapshots()).ls),
  show: bind('snapshot show', async () => (await ofSnapshots()).show),
  restore: bind('snapshot restore', async () => (await ofSnapshots()).restore),
  rm: bind('snapshot rm', async () => (await ofSnapshots()).rm),
};

const ofTemplates = () => import('./api/template.ts');
/** What new rigs are thawed from. */
export const template = {
  ls: bind('template ls', async () => (await ofTemplates()).ls),
  show: bind('template show', async () => (await ofTemplates()).show),
  build: bind('template build', async () => (await ofTemplates()).build),
  verify: bind('template verify', async () => (await ofTemplates()).verify),
  rm: bind('template rm', async () => (await ofTemplates()).rm),
};

const ofProvision = () => import('./api/provision.ts');
/** Making the image of a provider. */
export const provision = {
  plan: bind('provision', async () => (await ofProvision()).plan),
  build: bind('provision', async () => (await ofProvision()).build),
};

const ofProviders = () => import('./api/provider.ts');
/** What rigs are made from. */
export const provider = {
  ls: bind('provider ls', async () => (await ofProviders()).ls),
  show: bind('provider show', async () => (await ofProviders()).show),
};

export { GocliError } from './errors/error.ts';
export type { RigChoice } from './api/choose.ts';
export type { Environment, NoRequest } from './api/context.ts';
export type { ConsoleLine, ConsoleLog, ConsoleRequest } from './api/console.ts';
export type { CheckResult, DoctorResult } from './api/doctor/doctor.ts';
export type { GcRequest, GcResult } from './api/gc.ts';
export type { HoldRequest, HoldResult } from './api/hold.ts';
export type { KubeconfigResult, MergeRequest, MergeResult } from './api/kubeconfig.ts';
export type { KubectlResult } from './api/kubectl.ts';
export type { ExportRequest, ExportResult, TailRequest, TailResult } from './api/logs.ts';
export type { ListedRig, LsResult } from './api/ls.ts';
export type { NamedPort, PortsResult } from './api/ports.ts';
export type { PlannedProvision, ProvisionRequest, ProvisionResult } from './api/provision.ts';
export type {
  ListedProvider,
  ProviderLsResult,
  ProviderShowRequest,
  ProviderShowResult,
} from './api/provider.ts';
export type { RunRequest, RunResult } from './api/run.ts';
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
export type { SshConnection, SshResult } from './ssh/port.ts';
