import { GocliError } from '../../gocli-ts/src/errors/error.ts';
import type { Step } from './figures.ts';

/** What the benchmark reads of `gocli run -o json`; that of `provision` has the times, too. */
interface Started {
  readonly name: string;
  readonly thawed: boolean;
  readonly accelerator: string;
  readonly acceleratorReason: string;
  readonly timings: readonly (Step & { readonly detail?: true })[];
}

function read(stdout: string): Started {
  return JSON.parse(stdout) as Started;
}

/** The steps of a run that was measured, without the parts of them. */
export function stepsOf(stdout: string): Step[] {
  return read(stdout)
    .timings.filter(({ detail }) => detail !== true)
    .map(({ id, title, seconds }) => ({ id, title, seconds }));
}

/** `tcg (/dev/kvm is not there)` */
export function acceleratorOf(stdout: string): string {
  const { accelerator, acceleratorReason } = read(stdout);
  return `${accelerator} (${acceleratorReason})`;
}

/** @throws GocliError CONFLICT for a start that fell back to a cold one: its time and memory are no thaw's */
export function requireThawed(stdout: string): void {
  const { name, thawed } = read(stdout);
  if (thawed) return;
  throw new GocliError('CONFLICT', `cluster ${name} was not thawed, but started cold`, {
    hint: 'See whether memory is free and the template is intact (gocli template verify), and measure again.',
  });
}
