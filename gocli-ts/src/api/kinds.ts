import { KUBERNETES_OPTIONS } from '../kubernetes/options/kubernetes-options.ts';
import type { Kind } from '../rig/kind.ts';
import type { OptionList } from '../rig/options/option.ts';
import { VM_OPTIONS } from '../vm/options/vm-options.ts';

/** A kind as commands come to know it. Its options are part of every help text; all else is loaded when a command runs. */
interface KnownKind<O extends OptionList = OptionList> {
  readonly options: O;
  readonly load: () => Promise<Kind>;
}

function known<O extends OptionList>(options: O, load: () => Promise<Kind>): KnownKind<O> {
  return { options, load };
}

/** The kinds that this gocli has. A new one is a room and a line here. */
const OWN = [
  known(KUBERNETES_OPTIONS, async () => (await import('../kubernetes/kind.ts')).kubernetesKind),
  known(VM_OPTIONS, async () => (await import('../vm/kind.ts')).vmKind),
] as const;

type Together<O> = (O extends unknown ? (one: O) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** Options that not every rig has: those of all kinds. One that several have is the same option in each. */
export const KIND_OPTIONS = Object.assign({}, ...OWN.map(({ options }) => options)) as Together<
  (typeof OWN)[number]['options']
>;

/** How they are loaded. A program that has more of them adds them before it runs main.ts. */
export const KINDS: (() => Promise<Kind>)[] = OWN.map(({ load }) => load);

/** All kinds. They are loaded when a command runs, so that `--help` stays quick. */
export function loadKinds(): Promise<Kind[]> {
  return Promise.all(KINDS.map((load) => load()));
}
