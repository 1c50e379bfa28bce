import { GocliError } from '../errors/error.ts';
import { collect } from '../errors/several.ts';
import type { ImageInfo } from '../place/interface.ts';
import { factsOf } from '../provider/facts.ts';
import { kindOf, type Kind } from './kind.ts';
import { portsOf, refuseDoubled } from './host-ports.ts';
import { AS_FLAGS, type Naming, type OptionList } from './options/option.ts';
import { applyOptions, applyToHost, throwValues } from './options/read-options.ts';
import { RIG_OPTIONS } from './options/rig-options.ts';
import { defaultGuest, type RigPlan } from './plan.ts';
import type { Snapshot } from './snapshot/list.ts';

/** What is planned: an image, the values that were asked for, and perhaps where it begins. */
export interface PlanRequest {
  readonly image: ImageInfo;
  /** Reference the image was asked for by. */
  readonly reference: string;
  /** Values of options that were read, by key. */
  readonly values: Readonly<Record<string, unknown>> & { readonly name: string };
  /** What the values were written as: `--memory`, `KUBEVIRT_MEMORY_SIZE`; flags unless told. */
  readonly naming?: Naming | undefined;
  /** Snapshot of another rig that this one begins at. */
  readonly snapshot?: Snapshot | undefined;
}

/**
 * The plan for a request, without touching anything: the provider's defaults changed by the options, or what the
 * snapshot has that it begins at, under another name and on other ports.
 * @throws GocliError BAD_VALUE of everything that is wrong, IMAGE_MISSING, PROVIDER_UNKNOWN
 */
export function planRig(request: PlanRequest, kinds: readonly Kind[]): RigPlan {
  const { image, reference, snapshot, values, naming = AS_FLAGS } = request;
  const host = { name: values.name, image: reference, imageId: image.id, pinnedPorts: {} };
  const facts = factsOf(image, reference);
  const kind = kindOf(kinds, facts);
  const options = optionsOf(kind);
  const guest = snapshot?.record.state.plan.guest ?? defaultGuest(facts, kind);
  const errors: GocliError[] = [];
  collect(errors, () => {
    refuseOthers(options, values, kind, naming);
  });
  const plan = collect(errors, () => applyOptions(options, values, { guest, host }, { kind, facts, naming }));
  collect(errors, () => {
    const ports = applyToHost(options, values, host);
    refuseDoubled(portsOf({ guest: plan?.guest ?? guest, host: ports }, kinds), ports.pinnedPorts);
  });
  throwValues(errors, naming);
  return plan ?? { guest, host };
}

/**
 * Refuses options that no rig of the image has, which is all that can be said where there is no plan.
 * @throws GocliError BAD_VALUE, PROVIDER_UNKNOWN
 */
export function refuseForeign(
  { image, reference, values, naming = AS_FLAGS }: PlanRequest,
  kinds: readonly Kind[],
): void {
  const kind = kindOf(kinds, factsOf(image, reference));
  refuseOthers(optionsOf(kind), values, kind, naming);
}

/** Every option that a rig of a kind has. */
function optionsOf(kind: Pick<Kind, 'options'>): OptionList {
  return { ...RIG_OPTIONS, ...kind.options };
}

/** What another kind would heed must not be passed over in silence. @throws GocliError BAD_VALUE */
function refuseOthers(
  options: OptionList,
  values: PlanRequest['values'],
  { name }: Kind,
  naming: Naming,
): void {
  const others = Object.keys(values).filter(
    (key) => values[key] !== undefined && !Object.hasOwn(options, key),
  );
  if (others.length === 0) return;
  throw new GocliError(
    'BAD_VALUE',
    `${others.map(naming.of).join(', ')}: rigs of the kind ${name} have no such option`,
  );
}

/** What differs between the plan of a running rig and the one asked for, as sentences. */
export function planDifferences(running: RigPlan, asked: RigPlan, kind: Pick<Kind, 'options'>): string[] {
  const differences: string[] = [];
  const compare = (what: string, a: unknown, b: unknown, absent = 'nothing'): void => {
    if (JSON.stringify(a) !== JSON.stringify(b))
      differences.push(`${what}: ${show(a, absent)} runs, ${show(b, absent)} is asked for`);
  };
  compare('provider', running.guest.provider, asked.guest.provider);
  for (const { differs } of Object.values(optionsOf(kind))) {
    if (differs === undefined) continue;
    const wanted = differs.of(asked);
    if (wanted === undefined && differs.onlyAsked === true) continue;
    compare(differs.what, differs.of(running), wanted, differs.absent);
  }
  compare('image', running.host.imageId, asked.host.imageId);
  return differences;
}

function show(value: unknown, absent: string): string {
  if (value === undefined) return absent;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
