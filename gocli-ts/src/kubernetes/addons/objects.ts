import { z } from 'zod';
import type { AddonObject, ObjectRef } from '../../addons/render.ts';
import { GocliError } from '../../errors/error.ts';
import { lastLines } from '../../shared/text.ts';
import type { ApiAnswer, ApiClient } from '../api.ts';

/** Whose fields those are that an addon sets (server-side apply). */
export const FIELD_MANAGER = 'gocli-addon';

const resourcesSchema = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});
type Resource = z.infer<typeof resourcesSchema>['resources'][number];

const statusSchema = z.object({ message: z.string() });

/** Objects of any kind by what names them: where the API has them, it says itself. */
export class ClusterObjects {
  readonly #api: ApiClient;
  readonly #groups = new Map<string, Promise<readonly Resource[]>>();

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /**
   * Path of an object.
   * @returns undefined when the API does not serve its kind, or does not yet
   */
  async path(ref: ObjectRef, signal: AbortSignal): Promise<string | undefined> {
    const { apiVersion, kind, namespace = 'default', name } = ref;
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const known = this.#groups.get(root) ?? this.#resources(root, signal);
    this.#groups.set(root, known);
    const resource = (await known).find((one) => one.kind === kind && !one.name.includes('/'));
    if (resource === undefined) {
      this.#groups.delete(root);
      return undefined;
    }
    const scope = resource.namespaced ? `/namespaces/${namespace}` : '';
    return `${root}${scope}/${resource.name}/${encodeURIComponent(name)}`;
  }

  /** The object as it is; undefined when it is not there. @throws GocliError KUBERNETES */
  async get(ref: ObjectRef, signal: AbortSignal): Promise<unknown> {
    const path = await this.path(ref, signal);
    if (path === undefined) return undefined;
    const answer = await this.#api.send(path, signal);
    return answer.status === 404 ? undefined : JSON.parse(accepted(answer, ref).body);
  }

  /**
   * Server-side apply: what was changed by others in these fields is changed back.
   * @param trial what would come of it, without doing it
   */
  async apply(object: AddonObject, signal: AbortSignal, trial = false): Promise<ApiAnswer | undefined> {
    const path = await this.path(object, signal);
    if (path === undefined) return undefined;
    const query = `fieldManager=${FIELD_MANAGER}&force=true${trial ? '&dryRun=All' : ''}`;
    return this.#api.send(`${path}?${query}`, signal, {
      method: 'PATCH',
      body: JSON.stringify(object.body),
      contentType: 'application/apply-patch+yaml',
    });
  }

  /** Asks for the end of an object and of all that it owns. One that is not there is fine. @throws GocliError KUBERNETES */
  async remove(ref: ObjectRef, signal: AbortSignal): Promise<void> {
    const path = await this.path(ref, signal);
    if (path === undefined) return;
    const body = JSON.stringify({ propagationPolicy: 'Foreground' });
    const answer = await this.#api.send(path, signal, { method: 'DELETE', body });
    if (answer.status !== 404) accepted(answer, ref);
  }

  async #resources(root: string, signal: AbortSignal): Promise<readonly Resource[]> {
    const answer = await this.#api.send(root, signal).catch((error: unknown) => {
      this.#groups.delete(root);
      throw error;
    });
    if (answer.status === 200) return resourcesSchema.parse(JSON.parse(answer.body)).resources;
    this.#groups.delete(root);
    if (answer.status === 404) return [];
    // That it cannot say it now does not mean that it has none.
    throw new Error(`${root}: ${messageIn(answer)}`);
  }
}

/** `Deployment kube-system/kwok-controller` */
export function nameOf({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** The API's own words, of an answer that is a refusal. */
export function messageIn({ status, body }: ApiAnswer): string {
  try {
    return statusSchema.parse(JSON.parse(body)).message;
  } catch {
    return `status ${status}: ${lastLines(body, 1)}`;
  }
}

/** Refusals that may pass: of a server that is busy, and by webhooks whose own server starts just now. */
const PASSING: ReadonlySet<number> = new Set([409, 429, 500, 502, 503, 504]);

/** Whether the same may be taken another time. */
export function mayPass({ status }: ApiAnswer): boolean {
  return PASSING.has(status);
}

/** @throws GocliError KUBERNETES; another error, which a wait takes for "not yet", for what may pass */
function accepted(answer: ApiAnswer, ref: ObjectRef): ApiAnswer {
  if (answer.status < 300) return answer;
  if (mayPass(answer)) throw new Error(`${nameOf(ref)}: ${messageIn(answer)}`);
  throw new GocliError('KUBERNETES', `the API refuses ${nameOf(ref)}`, { observed: messageIn(answer) });
}
