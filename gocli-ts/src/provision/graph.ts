import { GocliError } from '../errors/error.ts';
import { didYouMean } from '../shared/text.ts';
import type { ProvisionStep, StepName } from './step.ts';

/**
 * The steps in an order in which each comes after what it needs; ties keep the order given.
 * @throws GocliError INTERNAL for a cycle or a need that is not in the list
 */
export function inOrder(steps: readonly ProvisionStep[]): ProvisionStep[] {
  const ordered: ProvisionStep[] = [];
  const open = new Set(steps);
  while (open.size > 0) {
    const next = [...open].find(({ needs }) =>
      needs.every((need) => ordered.some(({ name }) => name === need)),
    );
    if (next === undefined) {
      throw new GocliError(
        'INTERNAL',
        `steps that wait for each other: ${[...open].map(({ name }) => name).join(', ')}`,
      );
    }
    ordered.push(next);
    open.delete(next);
  }
  return ordered;
}

/** The named steps and everything they need, in order. */
export function withNeeds(steps: readonly ProvisionStep[], names: readonly StepName[]): ProvisionStep[] {
  const wanted = new Set(names);
  // From the last to the first: a need always stands before the step that needs it.
  for (const step of inOrder(steps).reverse()) {
    if (wanted.has(step.name)) step.needs.forEach((need) => wanted.add(need));
  }
  return inOrder(steps).filter(({ name }) => wanted.has(name));
}

/** The named steps and everything that depends on them. */
export function withDependents(steps: readonly ProvisionStep[], names: readonly StepName[]): Set<StepName> {
  const found = new Set(names);
  for (const step of inOrder(steps)) {
    if (step.needs.some((need) => found.has(need))) found.add(step.name);
  }
  return found;
}

/**
 * Checks step names that a user wrote.
 * @param errors gets one for each word that is none, with the nearest valid name
 */
export function stepNames(
  flag: string,
  words: readonly string[],
  steps: readonly ProvisionStep[],
  errors: GocliError[],
): StepName[] {
  const known = steps.map(({ name }) => name);
  return words.flatMap((word) => {
    const found = known.find((name) => name === word);
    if (found !== undefined) return [found];
    const text = `${flag}: there is no step "${word}".${didYouMean(word, known)}`;
    errors.push(new GocliError('BAD_VALUE', text, { hint: stepHint(steps) }));
    return [];
  });
}

/** What a user may write. */
export function stepHint(steps: readonly ProvisionStep[]): string {
  return `Steps: ${steps.map(({ name }) => name).join(', ')}`;
}
