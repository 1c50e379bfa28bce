/** Where things are inside every provider image. */
export const IMAGE_PATH = {
  disk: '/image/disk.qcow2',
  kernel: '/image/vmlinuz',
  initrd: '/image/initrd.img',
  /** Small initramfs for the accelerator probe. */
  tiny: '/image/tiny.img',
  sbom: '/image/sbom.json',
} as const;

/** What the accelerator's probe boots: the nodes' kernel with the small initramfs. */
export const PROBE_GUEST = { kernel: IMAGE_PATH.kernel, initrd: IMAGE_PATH.tiny } as const;
