import type { Layer } from '../provider/provider-file.ts';
import type { Names } from '../provider/render.ts';
import type { ProviderConfig } from '../provider/schema.ts';
import type { Settings } from '../provider/settings.ts';
import type { StepHandle } from '../events/steps.ts';
import type { Host } from '../host/interface.ts';
import type { RigDeps } from '../rig/deps.ts';
import type { Build } from './builds/build.ts';

/** Steps of the provisioning graph, in the order in which they are listed. */
export const STEP_NAMES = [
  'resolve',
  'runner',
  'components',
  'rootfs',
  'tiny',
  'images',
  'disk',
  'vm',
  'seal',
  'commit',
  'check',
] as const;
export type StepName = (typeof STEP_NAMES)[number];

/** A provider folder, read and validated. */
export interface Recipe {
  /** `…/cluster-provision`: the folder that holds runner/, guest/, components/ and k8s/. */
  readonly root: string;
  /** `…/cluster-provision/k8s/1.36`. */
  readonly folder: string;
  /** Folder of the provider that this one extends: what the folder itself does not have is taken from there. */
  readonly base?: string | undefined;
  /** Providers that this one is made from, the oldest first. */
  readonly parents?: readonly Layer[] | undefined;
  readonly provider: ProviderConfig;
  /** What differs with its kind. */
  readonly build: Build;
  /** What the names in files for cloud-init stand for; absent for nodes, whose files have none. */
  readonly names?: Names | undefined;
  /** What it is made with beside its files; absent where nothing is made. */
  readonly settings?: Settings | undefined;
}

/** Everything that decides the result of a step, besides the results of the steps it needs. */
export interface StepInputs {
  readonly values: Readonly<Record<string, string>>;
  /** Files and folders (walked; path below it, mode and content count). Absolute paths. */
  readonly files: readonly string[];
}

/** File of a result that holds the id or name of a Docker image. */
export const IMAGE_FILE = 'image';

/** What a provisioning works with: that of rigs, since it starts machines and tries its image, and this host. */
export interface ProvisionDeps extends RigDeps {
  readonly host: Host;
}

/** What a running step may use. */
export interface StepContext extends ProvisionDeps {
  readonly recipe: Recipe;
  /** Hash of everything that decides this step's result: 64 hex digits. */
  readonly key: string;
  /** Folder with the result of each needed step. Read-only. */
  readonly results: Readonly<Partial<Record<StepName, string>>>;
  /** Folders of results of this step that are there already, the newest first; none where it is to be made anew. Read-only. */
  readonly earlier: readonly string[];
  /**
   * An empty folder that becomes the step's result when `run` returns, and is removed when it throws. A file named
   * {@link IMAGE_FILE} in it says that the result is a Docker image; it counts as cached only while Docker has it.
   */
  readonly output: string;
  /** A folder for intermediate files; removed in the end, whatever happens. */
  readonly scratch: string;
  /** Labels for every container, volume and image the step makes. */
  readonly labels: Readonly<Record<string, string>>;
  readonly step: StepHandle;
}

export interface ProvisionStep {
  readonly name: StepName;
  readonly title: string;
  readonly needs: readonly StepName[];
  /**
   * The result speaks of the outside world: it is checked again whenever a step that needs it directly has to run, and
   * running may change the step's own inputs (it renews lock files).
   */
  readonly volatile?: boolean;
  /** Whether it starts a machine: then the daemon and its networks have to be such that a rig can live there. */
  startsMachine?(recipe: Recipe): Promise<boolean> | boolean;
  inputs(recipe: Recipe): Promise<StepInputs> | StepInputs;
  run(context: StepContext): Promise<void>;
}
