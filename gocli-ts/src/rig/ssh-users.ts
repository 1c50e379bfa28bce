/** Users of a node that the key of its rig opens; the second one is kubevirtci's, and may do everything by sudo. */
export const SSH_USERS = ['root', 'cloud-user'] as const;
export type SshUser = (typeof SSH_USERS)[number];
