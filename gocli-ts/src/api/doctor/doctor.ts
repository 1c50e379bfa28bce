import { FACTS_LABEL, providerFactsSchema } from '../../provider/facts.ts';
import type { ImageInfo } from '../../place/interface.ts';
import { messageOf } from '../../errors/error.ts';
import { kindOf } from '../../rig/kind.ts';
import type { Context, NoRequest } from '../context.ts';
import type { Check, CheckContext, Finding } from './finding.ts';
import { dockerChecks } from './docker.ts';
import { hostChecks } from './host.ts';
import { kernelChecks } from './kernel.ts';
import { toolChecks } from './tools.ts';

/** Everything that is looked at, in the order it is shown. */
export const CHECKS: readonly Check[] = [...dockerChecks, ...kernelChecks, ...hostChecks, ...toolChecks];

export interface CheckResult extends Finding {
  readonly id: string;
  readonly title: string;
}

export interface DoctorResult {
  /** False when a check failed. */
  readonly healthy: boolean;
  readonly checks: readonly CheckResult[];
}

/** What this host has and lacks. */
export async function doctor(_request: NoRequest, context: Context): Promise<DoctorResult> {
  const checks = await runChecks(CHECKS, context);
  return { healthy: checks.every(({ state }) => state !== 'failed'), checks };
}

/** Looks at the host. A check that breaks is one that failed. */
export async function runChecks(checks: readonly Check[], context: Context): Promise<CheckResult[]> {
  const shared = await lookUp(context);
  return Promise.all(
    checks.map(async (check) => {
      const { id, title } = check;
      try {
        return { id, title, ...(await check.run(shared)) };
      } catch (error) {
        context.signal.throwIfAborted();
        return {
          id,
          title,
          state: 'failed' as const,
          observed: messageOf(error),
          advice: 'This check broke; the others still hold.',
        };
      }
    }),
  );
}

async function lookUp(context: Context): Promise<CheckContext> {
  try {
    const docker = await context.docker.system.info();
    const bootable = await context.docker.images.list({ [FACTS_LABEL]: '' });
    return { context, docker, bootable, providers: bootable.filter((image) => isProvider(image, context)) };
  } catch (error) {
    context.signal.throwIfAborted();
    return {
      context,
      docker: error instanceof Error ? error : new Error(String(error)),
      bootable: [],
      providers: [],
    };
  }
}

/** Guests of tests and of provisioning itself can be booted too, but they are of no kind that this gocli has. */
function isProvider({ labels, tags }: ImageInfo, { kinds }: Context): boolean {
  try {
    kindOf(kinds, providerFactsSchema.parse(JSON.parse(labels[FACTS_LABEL] ?? '')));
    return tags.length > 0;
  } catch {
    return false; // of no kind, made by another version, or by hand
  }
}
