import { join } from 'node:path';
import { rigFolder } from '../host/paths.ts';
import { clauseOf } from '../machine/accelerator.ts';
import { nodeAddress, nodeName } from '../network/addresses.ts';
import { kindOf, type NextStep } from '../rig/kind.ts';
import { nodePlans, nodeSubnet } from '../rig/plan.ts';
import type { Context } from './context.ts';
import type { RunResult } from './run.ts';

/** What is told of a rig that was started, beside what the start itself gives. */
export interface RunSummary {
  /** What rigs of its kind are called: `cluster`. */
  readonly called: string;
  readonly nodes: readonly SummaryNode[];
  /** Whether it was thawed; one that was booted has a template too, when it was frozen afterwards. */
  readonly thawed: boolean;
  /** Why it has its accelerator, in one clause. */
  readonly acceleratorReason: string;
  /** Versions of what rigs bring up, by kind: null for the kinds that it is not of. */
  readonly versions: Readonly<Record<string, string | null>>;
  /** Paths of the secrets that rigs have, by file: null for those that it has not. */
  readonly secretFiles: Readonly<Record<string, string | null>>;
  /** What one types next. */
  readonly next: readonly NextStep[];
}

interface SummaryNode {
  readonly name: string;
  readonly address: string;
  readonly cpus: number;
  readonly memoryMiB: number;
}

/** @throws GocliError PROVIDER_UNKNOWN when it is of a kind that is not known */
export function summaryOf(
  { state, timings }: RunResult,
  { kinds, paths }: Pick<Context, 'kinds' | 'paths'>,
): RunSummary {
  const { guest } = state.plan;
  const { name, called, next, secretFiles } = kindOf(kinds, guest);
  const all = kinds.flatMap((kind) => kind.secretFiles);
  return {
    called,
    nodes: nodePlans(guest).map(({ cpus, memoryMiB }, at) => ({
      name: nodeName(at + 1),
      address: nodeAddress(at + 1, nodeSubnet(guest)),
      cpus,
      memoryMiB,
    })),
    thawed: state.template !== undefined && !timings.some(({ id }) => id === 'boot'),
    acceleratorReason: clauseOf(state.acceleratorReason),
    versions: Object.fromEntries(
      kinds.flatMap((kind) =>
        kind.product === undefined
          ? []
          : [[kind.name, kind.name === name ? kind.product.version(guest) : null]],
      ),
    ),
    secretFiles: Object.fromEntries(
      all.map((file) => [file, secretFiles.includes(file) ? join(rigFolder(paths, state.name), file) : null]),
    ),
    next,
  };
}
