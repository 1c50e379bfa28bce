/** Where things are inside every image of plain machines, beside those of every provider image. */
export const VM_PATH = {
  /** JSON schema of cloud-init's user-data, as its release in the machine has it. */
  schema: '/image/cloud-config.json',
} as const;
