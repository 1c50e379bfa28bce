import { isKubernetes } from '../../kubernetes/section.ts';
import { FACTS_LABEL, providerFactsSchema } from '../../provider/facts.ts';
import type { ImageInfo } from '../../place/port.ts';
import { messageOf } from '../../errors/error.ts';
import type { Session } from '../session.ts';
import type { Check, CheckContext, Finding } from './check.ts';
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

/** Looks at the host. A check that breaks is one that failed. */
export async function runChecks(checks: readonly Check[], session: Session): Promise<CheckResult[]> {
  const context = await readContext(session);
  return Promise.all(
    checks.map(async (check) => {
      const { id, title } = check;
      try {
        return { id, title, ...(await check.run(context)) };
      } catch (error) {
        session.signal.throwIfAborted();
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

async function readContext(session: Session): Promise<CheckContext> {
  try {
    const docker = await session.docker.system.info();
    const bootable = await session.docker.images.list({ [FACTS_LABEL]: '' });
    return { session, docker, bootable, providers: bootable.filter(isProvider) };
  } catch (error) {
    session.signal.throwIfAborted();
    return {
      session,
      docker: error instanceof Error ? error : new Error(String(error)),
      bootable: [],
      providers: [],
    };
  }
}

/** Guests of tests and of provisioning itself can be booted too, but no cluster comes of them. */
function isProvider({ labels, tags }: ImageInfo): boolean {
  try {
    const facts = providerFactsSchema.parse(JSON.parse(labels[FACTS_LABEL] ?? ''));
    return isKubernetes(facts) && tags.length > 0;
  } catch {
    return false; // made by another version, or by hand
  }
}
