/** Every object gocli makes carries these; listing and deleting go by label and exact value, never by name. */
export const LABEL = {
  cluster: 'io.gocli.cluster',
  role: 'io.gocli.role',
  node: 'io.gocli.node',
  provider: 'io.gocli.provider',
  run: 'io.gocli.run',
  version: 'io.gocli.version',
} as const;

/** Roles of containers and volumes. */
export type Role = 'dnsmasq' | 'registry' | 'node' | 'registry-data' | 'provision';
