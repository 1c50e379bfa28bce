import { join } from 'node:path';
import type { Host } from '../../host/interface.ts';
import { readIfThere } from '../../host/atomic-files.ts';

export interface GoCacheContext {
  readonly host: Host;
  readonly signal: AbortSignal;
}

/** Path below k8s.io/kubernetes of all that its API takes. */
export const OPENAPI_FILE = 'api/openapi-spec/swagger.json';

/** Reads a file of the source of a release of Kubernetes from Go's module cache; nothing is downloaded. */
export type ReadSource = (path: string) => Promise<string | undefined>;

/** @param version of Kubernetes, `1.36.3` */
export async function kubernetesSource(
  version: string,
  { host, signal }: GoCacheContext,
): Promise<ReadSource> {
  if ((await host.which('go')) === undefined) return () => Promise.resolve(undefined);
  const { exitCode, stdout } = await host.run(['go', 'env', 'GOMODCACHE'], { signal, allowFailure: true });
  const cache = stdout.trim();
  if (exitCode !== 0 || cache === '') return () => Promise.resolve(undefined);
  return (path) => readIfThere(join(cache, `k8s.io/kubernetes@v${version}`, path));
}
