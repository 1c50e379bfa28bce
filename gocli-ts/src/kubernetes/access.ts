import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Paths } from '../host/paths.ts';
import { hostPort } from '../rig/find.ts';
import type { RigState } from '../rig/state.ts';
import type { KindKeys } from '../rig/template/keys.ts';
import { parseKubeconfig, renderKubeconfig, type AdminAccess } from './kubeconfig.ts';
import { readKubeconfig } from './state-file.ts';

/** What is kept of the administrator beside a template: all but the address, which every clone has its own of. */
const keysSchema = z.object({ admin: z.object({ ca: z.string(), cert: z.string(), key: z.string() }) });

/** What is kept beside a template of the access to its cluster. */
export function keysOf({ ca, cert, key }: AdminAccess): KindKeys {
  return { admin: { ca, cert, key } };
}

/** Where the administrator of a rig connects to from this host. */
export function apiServer(state: Pick<RigState, 'name' | 'ports'>): string {
  return `https://127.0.0.1:${hostPort(state, '6443/tcp').toFixed(0)}`;
}

/** The administrator's access to a rig by the keys that are kept beside its template; none, when there are no keys yet. */
export function adminOf(keys: KindKeys, state: Pick<RigState, 'name' | 'ports'>): AdminAccess | undefined {
  const parsed = keysSchema.safeParse(keys);
  return parsed.success ? { ...parsed.data.admin, server: apiServer(state) } : undefined;
}

/** The administrator's access to a rig by its state folder. @throws GocliError NOT_FOUND, KUBERNETES */
export async function readAccess({ name }: Pick<RigState, 'name'>, paths: Paths): Promise<AdminAccess> {
  return parseKubeconfig(await readKubeconfig(paths, name));
}

/** The kubeconfig of a rig, once it has keys. */
export function kubeconfigOf(state: Pick<RigState, 'name' | 'ports'>, keys: KindKeys): string | undefined {
  const admin = adminOf(keys, state);
  return admin === undefined ? undefined : renderKubeconfig(state.name, admin);
}

/** When the first of the certificates expires, milliseconds since the epoch. */
export function expiryOf(keys: KindKeys): number | undefined {
  const parsed = keysSchema.safeParse(keys);
  if (!parsed.success) return undefined;
  const { ca, cert } = parsed.data.admin;
  return Math.min(...[ca, cert].map((pem) => Date.parse(new X509Certificate(pem).validTo)));
}
