import type { Host } from '../../host/interface.ts';
import { failed, ok, warning, type Check, type CheckContext, type Finding } from './finding.ts';

/** Kubernetes 1.36 names this in its go.mod. */
const GO_MINOR = 26;

/** What only provisioning needs. While no provider image is there, a cluster needs provisioning. */
export const toolChecks: readonly Check[] = [
  { id: 'go', title: 'Go, for provisioning', run: checkGo },
  {
    id: 'mmdebstrap',
    title: 'mmdebstrap, for provisioning',
    run: (context) => checkProgram(context, 'mmdebstrap'),
  },
  { id: 'gcc', title: 'gcc, for provisioning', run: (context) => checkProgram(context, 'gcc') },
];

async function checkGo({ context, providers }: CheckContext): Promise<Finding> {
  return judgeGo(await goVersion(context.host, context.signal), providers.length > 0);
}

async function goVersion(host: Host, signal: AbortSignal): Promise<string | undefined> {
  if ((await host.which('go')) === undefined) return undefined;
  // In a folder without a go.mod: that could ask for another toolchain to be downloaded.
  const { stdout } = await host.run(['go', 'env', 'GOVERSION'], { cwd: '/', signal, allowFailure: true });
  return stdout.trim();
}

/**
 * @param version what `go env GOVERSION` prints, `go1.26.1`; undefined when there is no Go
 * @param provisioned true when there is a provider image already
 */
export function judgeGo(version: string | undefined, provisioned: boolean): Finding {
  const minor = Number(/^go1\.(\d+)/.exec(version ?? '')?.[1] ?? -1);
  if (minor >= GO_MINOR) return ok(version ?? '');
  return missing(
    version ?? 'not installed',
    `Install Go 1.${GO_MINOR} or newer: https://go.dev/dl`,
    provisioned,
  );
}

async function checkProgram({ context, providers }: CheckContext, program: string): Promise<Finding> {
  return judgeProgram(program, await context.host.which(program), providers.length > 0);
}

export function judgeProgram(program: string, path: string | undefined, provisioned: boolean): Finding {
  return path === undefined
    ? missing('not installed', `gocli doctor --fix, or as root: apt-get install ${program}`, provisioned)
    : ok(path);
}

function missing(observed: string, advice: string, provisioned: boolean): Finding {
  return provisioned
    ? warning(`${observed}; needed only to provision again`, advice)
    : failed(observed, advice);
}
