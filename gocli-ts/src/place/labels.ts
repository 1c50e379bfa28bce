/** Every object gocli makes carries these; listing and deleting go by label and exact value, never by name. */
export const LABEL = {
  cluster: 'io.gocli.cluster',
  role: 'io.gocli.role',
  node: 'io.gocli.node',
  provider: 'io.gocli.provider',
  run: 'io.gocli.run',
  version: 'io.gocli.version',
  /** Who started a rig, for people: `alice (uid 1000)`. Rigs of earlier versions do not say it. */
  user: 'io.gocli.user',
  /** Milliseconds that a rig may be there once it is Ready, as its start said; on its network container. */
  ttl: 'io.gocli.ttl',
  /** Id of the image that the containers of a rig are made from. */
  image: 'io.gocli.image',
  /** Id of the template that something belongs to or was thawed from. */
  template: 'io.gocli.template',
  /** What the template fits; its manifest, and the checksum of that. */
  key: 'io.gocli.template.key',
  manifest: 'io.gocli.template.manifest',
  checksum: 'io.gocli.template.checksum',
  /** Name of a snapshot; id of the rig that it was taken of, or whose registry is kept. */
  snapshot: 'io.gocli.snapshot',
  owner: 'io.gocli.snapshot.cluster',
} as const;

/** Roles of containers and volumes. */
export type Role =
  | 'dnsmasq'
  | 'registry'
  | 'node'
  | 'data'
  | 'machines'
  | 'provision'
  | 'template'
  | 'snapshot'
  | 'kept'
  | 'tool';
