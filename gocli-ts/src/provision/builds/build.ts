import type { SectionName } from '../../provider/schema.ts';
import type { Recipe } from '../step.ts';

/** Debian packages that are resolved together. */
export interface PackageSet {
  /** Name of the list in the result: `<name>.list`. */
  readonly name: 'runner' | 'guest' | 'images';
  /** Committed: one package name per line. Absent when the names stand in provider.yaml. */
  readonly list?: string;
  readonly names?: readonly string[];
  /** Committed: exact versions and checksums. */
  readonly lock: string;
}

/** Files of a guest beside those that every guest of its folder has. */
export interface GuestFiles {
  /** File with the paths of those that this one does not have. */
  readonly without?: string;
  /** Folders that come on top of them, in this order. */
  readonly more: readonly string[];
}

/** Names for the page of a new provider. */
export interface NewNames {
  readonly name: string;
  /** Folder below `cluster-provision` of the one that it is made after, */
  readonly of: string;
  /** and of the one that has what all of them share. */
  readonly shared: string;
}

/**
 * All that differs between kinds where the image of a provider is made. A provider's is chosen once, where its folder is
 * read, and the steps ask it; what a provider.yaml or its folder says by itself is not here, nor is the
 * version of Kubernetes, which steps read of that section where there is one.
 */
export interface Build {
  /** Name of the kind, and of its section in provider.yaml. */
  readonly kind: SectionName;
  /** Its providers are those of this: `Kubernetes`. */
  readonly called: string;
  /** What is said of its images to whoever inspects one. */
  readonly description: string;
  /** Those of its own among the keys of provider.yaml that not every kind has. */
  readonly keys: readonly ('components' | 'images' | 'environment')[];
  /**
   * Whether its providers are made `from` one another, with files and scripts on top of the other's. A new one of a kind
   * that is not extends another.
   */
  readonly layered: boolean;
  /** Files that the folder of a provider must have, */
  readonly needs: readonly string[];
  /** and whether `cluster-up/cluster` must have one for it, too. */
  readonly hasScripts: boolean;
  /** Text of the README.md of a new provider. */
  readonly readme: (names: NewNames) => string;
  /** Where below the guest folder its own files lie: setup.sh, make-disk.sh, packages. */
  readonly guestFolder: string;
  /** What is resolved for it beside the packages of the runner. */
  readonly packages: (recipe: Recipe) => Promise<readonly PackageSet[]>;
  readonly files: (recipe: Recipe) => Promise<GuestFiles>;
  /** Who logs in beside root; told to setup.sh and provision.sh. */
  readonly user?: (recipe: Recipe) => string | undefined;
  /** Files of its guest folder that make the disk. */
  readonly makers: readonly string[];
  /** What of the guest's initramfs goes into its own: that folder or a file of it. */
  readonly initrd: string;
  /** Whether cloud-init is in the guest, and does what the user-data of a provider says. */
  readonly cloudInit: boolean;
  /** Whether the machine boots when there is nothing to be run in it. */
  readonly alwaysBoots: boolean;
  /** Programs of components that the image has beside the disk: paths in it. */
  readonly programs: readonly string[];
  /** The same of files that making the disk leaves. */
  readonly diskFiles: readonly string[];
}
