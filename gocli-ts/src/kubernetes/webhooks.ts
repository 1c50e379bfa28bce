import { z } from 'zod';
import { gocliCommand } from '../shared/command.ts';
import type { ApiClient } from './api.ts';

const configurationsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }).optional(),
      webhooks: z
        .array(z.object({ name: z.string().default(''), failurePolicy: z.string().default('Fail') }))
        .default([]),
    }),
  ),
});

/** Webhooks of one configuration. */
export interface Webhooks {
  /** For kubectl: `validatingwebhookconfiguration`. */
  readonly kind: string;
  readonly name: string;
  /** Names of those that let nothing pass while they cannot be asked. */
  readonly closed: readonly string[];
}

/** All that anybody is asked about writes; gocli's own configuration has no webhooks. */
export async function webhooksOf(api: ApiClient, signal: AbortSignal): Promise<Webhooks[]> {
  const found: Webhooks[] = [];
  for (const kind of ['validatingwebhookconfiguration', 'mutatingwebhookconfiguration']) {
    const path = `/apis/admissionregistration.k8s.io/v1/${kind}s`;
    const { status, body } = await api.send(path, signal, { apart: true });
    if (status !== 200) continue;
    const { items } = configurationsSchema.parse(JSON.parse(body));
    for (const { metadata, webhooks } of items) {
      if (webhooks.length === 0) continue;
      const closed = webhooks.filter(({ failurePolicy }) => failurePolicy !== 'Ignore');
      found.push({ kind, name: metadata?.name ?? '', closed: closed.map(({ name }) => name) });
    }
  }
  return found;
}

/** In the words of k8s.io/apiserver, plugin/webhook: one that cannot be asked. */
export function isUnasked(body: string): boolean {
  return body.includes('failed calling webhook');
}

/** One that cannot be asked, or that says no. */
export function isRefused(body: string): boolean {
  return isUnasked(body) || /admission webhook .* denied the request/.test(body);
}

/** Name of the webhook that an answer tells of, which may be the text of a JSON string. */
export function refuserIn(body: string): string {
  return /webhook \\?"([^"\\]+)/.exec(body)?.[1] ?? '';
}

/**
 * What to type, so that a webhook keeps nothing any more. Webhooks are never asked about this.
 * @param webhook its name; without one, any that lets nothing pass
 */
export function removalHint(found: readonly Webhooks[], webhook: string, rig: string | undefined): string {
  const suspects = found.filter(({ closed }) =>
    webhook === '' ? closed.length > 0 : closed.includes(webhook),
  );
  const all = suspects.map(({ kind, name }) => gocliCommand('kubectl', rig, 'delete', kind, name));
  return all.length === 0 ? '' : `Where nobody answers for it any more: ${all.join('; ')}`;
}
