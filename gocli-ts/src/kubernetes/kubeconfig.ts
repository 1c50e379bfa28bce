import { z } from 'zod';
import { GocliError } from '../errors/error.ts';
import { renderYaml, yaml } from '../shared/yaml.ts';

/** Where the administrator's kubeconfig lies in the network container. */
export const CONTAINER_KUBECONFIG = '/run/gocli-admin.conf';

/** What is needed to talk to a cluster as its administrator. All PEM texts. */
export interface AdminAccess {
  /** `https://127.0.0.1:<port>` */
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const data = z.string().transform((text) => Buffer.from(text, 'base64').toString('utf8'));
const adminConfSchema = z.object({
  clusters: z
    .tuple([z.object({ cluster: z.object({ 'certificate-authority-data': data }) })])
    .rest(z.unknown()),
  users: z
    .tuple([z.object({ user: z.object({ 'client-certificate-data': data, 'client-key-data': data }) })])
    .rest(z.unknown()),
});

/** Reads kubeadm's admin.conf. @throws GocliError KUBERNETES when it is not one */
export function parseAdminConf(text: string, server: string): AdminAccess {
  const parsed = adminConfSchema.safeParse(read(text));
  if (!parsed.success) {
    throw new GocliError('KUBERNETES', 'the kubeconfig of the control plane cannot be read', {
      observed: z.prettifyError(parsed.error),
    });
  }
  const user = parsed.data.users[0].user;
  return {
    server,
    ca: parsed.data.clusters[0].cluster['certificate-authority-data'],
    cert: user['client-certificate-data'],
    key: user['client-key-data'],
  };
}

/** What is no YAML fits no schema either. */
function read(text: string): unknown {
  try {
    return yaml().parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A kubeconfig with one context, named after the cluster. */
export function renderKubeconfig(name: string, access: AdminAccess): string {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  return renderYaml({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server: access.server, 'certificate-authority-data': encode(access.ca) } }],
    users: [
      {
        name,
        user: { 'client-certificate-data': encode(access.cert), 'client-key-data': encode(access.key) },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
}

/** The access that a kubeconfig written by {@link renderKubeconfig} gives. */
export function parseKubeconfig(text: string): AdminAccess {
  const server = z
    .object({
      clusters: z.tuple([z.object({ cluster: z.object({ server: z.string() }) })]).rest(z.unknown()),
    })
    .safeParse(read(text));
  if (!server.success) throw new GocliError('KUBERNETES', 'the kubeconfig of the cluster cannot be read');
  return parseAdminConf(text, server.data.clusters[0].cluster.server);
}
