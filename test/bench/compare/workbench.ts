import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../../gocli-ts/src/errors/error.ts';
import { CHECKOUT } from '../../helpers/cli.ts';
import { PROVIDER } from '../../helpers/provider.ts';
import { remove, snapshotOf, startCluster, type Actor } from './activities.ts';
import type { CompareOptions } from './options.ts';
import { SIDES, type SideName } from './plan.ts';
import type { Progress } from './progress.ts';
import type { SideFacts } from './report.ts';
import {
  build,
  checkCheckout,
  commitOf,
  imageIdOf,
  layOutSide,
  runGocli,
  sideEnvironment,
  type Side,
} from './side.ts';

/** The two sides, and everything that has to go when the comparison ends, however it ends. */
export class Workbench implements AsyncDisposable {
  readonly #folder: string;
  readonly #sides: Readonly<Record<SideName, Side>>;
  readonly #signal: AbortSignal;
  readonly #progress: Progress;
  readonly #imageIds = new Map<SideName, string>();
  readonly #templates = new Map<SideName, string>();
  /** Templates that were not there before, with the side that has to remove them. */
  readonly #made = new Map<string, SideName>();
  #clustersUsed = false;

  /** @throws GocliError when the other folder is no checkout or cannot be built */
  static async open(options: CompareOptions, signal: AbortSignal, progress: Progress): Promise<Workbench> {
    await checkCheckout(options.against);
    const folder = await mkdtemp(join(tmpdir(), 'gocli-bench-'));
    const bench = new Workbench(folder, options, signal, progress);
    try {
      for (const name of SIDES) await layOutSide(bench.#sides[name]);
      progress.now(`building the command line of ${options.against}, if need be`);
      await build(bench.#sides.other, signal);
      return bench;
    } catch (error) {
      await bench[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(folder: string, options: CompareOptions, signal: AbortSignal, progress: Progress) {
    const id = randomBytes(3).toString('hex');
    const side = (name: SideName, checkout: string, letter: string): Side => ({
      name,
      checkout,
      image: `gocli/${PROVIDER}:${options.tags[name]}`,
      imageTag: options.tags[name],
      // Of the same length, and of no other cluster.
      cluster: `bench-${id}-${letter}`,
      env: sideEnvironment(join(folder, letter)),
    });
    this.#folder = folder;
    this.#sides = { this: side('this', CHECKOUT, 'a'), other: side('other', options.against, 'b') };
    this.#signal = signal;
    this.#progress = progress;
  }

  /** What activities may do on a side. */
  actor(name: SideName): Actor {
    const { imageTag, cluster } = this.#sides[name];
    return {
      provider: PROVIDER,
      imageTag,
      cluster,
      template: this.#templates.get(name),
      gocli: (...argv) => runGocli(this.#sides[name], argv, this.#signal),
    };
  }

  /** Before the first cluster: the images are there, and what else runs on the machine is told. */
  async allowClusters(): Promise<void> {
    for (const name of SIDES) this.#imageIds.set(name, await imageIdOf(this.#sides[name]));
    const { stdout } = await this.actor('this').gocli('ls', '-o', 'name');
    const others = stdout.split('\n').filter((line) => line !== '');
    if (others.length > 0)
      this.#progress.say(`Clusters that run meanwhile, and widen the intervals: ${others.join(', ')}`);
    this.#clustersUsed = true;
  }

  /** Starts a cluster on each side, so that there is a template to thaw from. */
  async makeTemplates(): Promise<void> {
    for (const name of SIDES) {
      const actor = this.actor(name);
      this.#progress.now(`the template of the side "${name}", which is made if there is none`);
      const before = (await actor.gocli('template', 'ls', '-o', 'name')).stdout.split('\n');
      const { template } = await startCluster(actor);
      if (template !== null) this.#templates.set(name, template);
      if (template !== null && !before.includes(template)) this.#made.set(template, name);
      await remove(actor);
    }
  }

  async facts(name: SideName): Promise<SideFacts> {
    const side = this.#sides[name];
    return {
      checkout: side.checkout,
      commit: await commitOf(side),
      image: side.image,
      imageId: this.#imageIds.get(name) ?? null,
      template: this.#templates.get(name) ?? null,
    };
  }

  /** Removes clusters, snapshots, the templates that were made, and the folder. Nothing interrupts it but a second signal. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#clustersUsed) {
      this.#progress.now('removing what the comparison made');
      for (const name of SIDES) await this.#removeCluster(this.#sides[name]);
      for (const [template, name] of this.#made)
        await this.#tidy(this.#sides[name], 'template', 'rm', template);
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #removeCluster(side: Side): Promise<void> {
    const { stdout = '' } = (await this.#tidy(side, 'snapshot', 'ls', '-o', 'name')) ?? {};
    if (stdout.split('\n').includes(snapshotOf(side.cluster)))
      await this.#tidy(side, 'snapshot', 'rm', snapshotOf(side.cluster));
    await this.#tidy(side, 'rm', '--name', side.cluster);
  }

  /** What cannot be removed is told with what to type, and does not keep the rest. */
  async #tidy(side: Side, ...argv: string[]) {
    try {
      return await runGocli(side, argv);
    } catch (error) {
      this.#progress.say(
        `Not everything could be removed (${messageOf(error)}). Type: gocli ${argv.join(' ')}`,
      );
      return undefined;
    }
  }
}
