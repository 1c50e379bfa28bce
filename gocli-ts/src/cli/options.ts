/** `--name`: which cluster. kubevirtci calls it prefix. */
export const nameOption = {
  name: { alias: ['p', 'prefix'], type: 'string', requiresArg: true, describe: 'Name of the cluster' },
} as const;
