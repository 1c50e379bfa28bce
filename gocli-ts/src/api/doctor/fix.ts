import { join } from 'node:path';
import type { Context } from '../context.ts';

export interface FixRequest {
  /** Whether to install what is missing without asking on the terminal. */
  readonly yes: boolean;
}

/** Installs and starts what this host lacks, on the terminal of this process. @returns exit code of the script that does it */
export function fix({ yes }: FixRequest, { checkout, host, env, signal }: Context): Promise<number> {
  const script = join(checkout, 'cluster-up', 'bootstrap.sh');
  return host.attach([script, ...(yes ? ['--yes'] : []), 'docker', 'provider'], {
    env: { KUBEVIRT_PROVIDER: env['KUBEVIRT_PROVIDER'] ?? 'k8s-1.36' },
    signal,
  });
}
