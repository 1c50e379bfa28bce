import { GocliError } from '../errors/error.ts';
import type { Steps } from '../events/steps.ts';
import type { SavedState } from '../frozen/thaw.ts';
import type { Paths } from '../host/paths.ts';
import type { HostProxy } from '../host/proxy.ts';
import type { PortInfo } from '../network/ports.ts';
import type { Condition, WaitOptions } from '../waiting/condition.ts';
import type { RigDeps } from './deps.ts';
import type { FoundRig } from './life.ts';
import type { LogDeps, LogPart } from './logs/part.ts';
import type { OptionList } from './options/option.ts';
import type { RigPlan, GuestPlan } from './plan.ts';
import type { Launched } from './start/launch.ts';
import type { RigState } from './state.ts';
import type { KindKeys, RigKeys } from './template/keys.ts';

/** Machines that boot, and what turns them into a rig of a kind. */
export interface Booting {
  readonly state: RigState;
  readonly launched: Launched;
  readonly sshPrivateKey: string;
  /** Milliseconds for each wait. */
  readonly timeoutMs: number;
}

/** Machines that run again after a thaw. */
export interface Thawed {
  readonly state: RigState;
  readonly layout: { readonly plan: RigPlan };
  /** What they were thawed from; it may have more machines than the plan. */
  readonly saved: Pick<SavedState, 'machines'>;
  readonly keys: RigKeys;
  /** Runs a shell script in each guest, once its clock is right, to its end. @returns what each printed */
  readonly inGuests: (scripts: readonly string[], signal: AbortSignal) => Promise<readonly string[]>;
}

/** What is around a rig, as its guests are told it. */
export interface ToldFacts {
  /** As guests reach it, with all that is reached without it. */
  readonly proxy?: HostProxy;
  /** Public keys that open them beside that of the rig. */
  readonly keys: readonly string[];
}

/** What the guests of a kind are told of what is around their rig, once it is Ready. */
export interface Told {
  /** What takes it over, for people, before `of node01`. */
  readonly subject: string;
  /** That it could not be told, for people. */
  readonly untold: string;
  /** Domains that are inside of the rig: `.cluster.local`. */
  readonly domains: readonly string[];
  /** File of a guest that says what it knows. */
  readonly file: string;
  /** What that file is to say; nothing where there is nothing to tell. */
  render(facts: ToldFacts): string;
  /** By which a guest takes it over, as root; what it prints is a warning. */
  command(facts: ToldFacts): { readonly argv: readonly string[]; readonly input: string };
  /** That it was told, for people. */
  said(facts: ToldFacts): string;
}

/** What proves that a rig is Ready now, as long as it is not disposed of. */
export interface Proof extends Disposable {
  /** In the order in which they usually come true. */
  readonly conditions: readonly Condition[];
}

/** How a rig is warmed up. */
export interface Warming {
  /** @throws GocliError with what failed; then, too, all is to be undone */
  run(commands: readonly string[], signal: AbortSignal): Promise<void>;
  /** Removes whatever there is of it, so that nothing can be seen. @throws GocliError when something stays */
  undo(signal: AbortSignal): Promise<void>;
}

/** What a guest plan or the facts of an image have, by key; one of them is the section of a kind. */
type Sections = Readonly<Record<string, unknown>>;

/** What the rigs of a kind bring up, such as Kubernetes. */
interface Product {
  readonly title: string;
  version(sections: Sections): string;
}

/** What is typed in a Ready rig: words of gocli, or a variable of the shell that is the path of one of its secrets. */
export type NextStep =
  | { readonly verb: string; readonly words?: readonly string[] }
  | { readonly variable: string; readonly secretFile: string };

/**
 * What a rig is for, and all that differs between rigs: the seam that keeps Kubernetes out of `rig/`. A provider is of
 * the kind whose name is a section of its facts, and a rig of the one whose name is a section of its guest plan.
 */
export interface Kind {
  /** `kubernetes`; the section in provider.yaml, in the facts of an image and in the guest plan. */
  readonly name: string;
  /** What its rigs are called: `cluster`. */
  readonly called: string;
  /** What they bring up; left out where that is nothing but machines. */
  readonly product?: Product;
  /** What whoever has started one types next, in order; how to remove it is told of every rig. */
  readonly next: readonly NextStep[];
  /** Memory that one of its machines needs at least, in MiB. */
  readonly leastMemoryMiB: number;
  /** Ports that it publishes beside ssh of each node, in the order in which they are listed. */
  readonly ports: readonly PortInfo[];
  /** Networks in its guests beside that of the nodes: `{ pods: '10.244.0.0/16' }`. */
  networks?(guest: GuestPlan): Readonly<Record<string, string>>;
  /** What is told of a proxy, and of keys, if anything in its guests may need them. */
  readonly told?: Told;
  /** Users of its guests that the key of the rig opens; whoever names none logs in as the first. Root alone, unless told. */
  users?(guest: GuestPlan): readonly string[];
  /** Whether every machine of a rig may go on from what was frozen of the first one. */
  readonly alike?: boolean;
  /** Options that only rigs of this kind have. */
  readonly options: OptionList;
  /** Everything that is sent to the guests, host names and keys aside: a part of the template's key. */
  sent(guest: GuestPlan): readonly unknown[];
  /**
   * Refuses a plan for what this host lacks, before machines boot for it: what only a boot needs, and no thaw.
   * @throws GocliError
   */
  beforeBoot?(guest: GuestPlan, deps: RigDeps): Promise<void>;
  /**
   * Turns booting machines into a Ready rig.
   * @returns the keys by which one talks to it, which are kept beside its template
   */
  bringUp(booting: Booting, steps: Steps, deps: RigDeps, signal: AbortSignal): Promise<KindKeys>;
  /** Waits until nothing in a Ready rig changes any more; false when it goes on changing. */
  settle(state: RigState, keys: RigKeys, deps: RigDeps): Promise<boolean>;
  /** Waits until thawed machines are a Ready rig again, of as many nodes as the plan says. */
  afterThaw(thawed: Thawed, steps: Steps, options: WaitOptions): Promise<void>;
  /**
   * Gets ready to do in a Ready rig what users do first, by the shell commands that its provider has for that. Rigs that
   * stand ready in a pool are warmed so. Left out where there is nothing of that kind.
   * @throws GocliError
   */
  warming?(found: FoundRig, deps: RigDeps): Promise<Warming>;
  /** Shell script by which guests that go on from a saved state learn what is another for this rig; Ready does not wait for it. */
  tellGuests?(state: RigState): string;
  /** What Ready stands for. @param paths where the keys of the rig are */
  proof(state: RigState, paths: Paths): Promise<Proof>;
  /** Names of the secrets that the state folder has beside the ssh key. */
  readonly secretFiles: readonly string[];
  /** These secrets: texts by file. */
  keyFiles(state: RigState, keys: KindKeys): Readonly<Record<string, string>>;
  /** The keys that are in all of these secrets, whatever the rig was called when they were written. @throws GocliError */
  readKeys(secrets: Readonly<Record<string, string>>): KindKeys;
  /** When the first of the keys expires, in milliseconds since the epoch. */
  expiresAt(keys: KindKeys): number | undefined;
  /** What only this kind can tell of a rig that went wrong. */
  logParts(found: FoundRig, deps: LogDeps): Promise<LogPart[]>;
  /**
   * Tries in a Ready rig of a new image what no proof of Ready shows, and leaves nothing of it. Left out where there is
   * nothing of that kind.
   * @throws GocliError
   */
  trial?(state: RigState, deps: RigDeps): Promise<void>;
}

/**
 * The kind of a plan, or of the facts of an image.
 * @throws GocliError PROVIDER_UNKNOWN when this gocli does not have it
 */
export function kindOf(kinds: readonly Kind[], sections: object): Kind {
  const present = Object.entries(sections).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const found = kinds.find(({ name }) => present.includes(name));
  if (found !== undefined) return found;
  throw new GocliError(
    'PROVIDER_UNKNOWN',
    'the image is of a kind that this version of gocli does not know',
    {
      hint: `Kinds that it knows: ${kinds.map(({ name }) => name).join(', ')}`,
    },
  );
}
