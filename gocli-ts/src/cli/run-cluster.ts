import { GocliError } from '../errors/error.ts';
import { OPTIONS, type RunInputs } from '../api/options.ts';
import { runSeveral } from '../api/run-several.ts';
import { plan, run, type RunRequest } from '../api/run.ts';
import { writeWrapperFiles } from '../api/wrapper-files.ts';
import { readEnvironment } from './environment.ts';
import { inputsOf } from './option-flags.ts';
import { writeResult } from './render/output.ts';
import { writeSeveralSummary } from './render/several-summary.ts';
import { writeUpSummary } from './render/up-summary.ts';
import type { Session } from './session.ts';

/** The arguments of `gocli run` beside its options, as parsed. */
interface RunArguments extends Readonly<Record<string, unknown>> {
  readonly provider?: string | undefined;
  readonly count?: number | undefined;
  readonly timings: boolean;
  readonly 'dry-run': boolean;
  readonly 'from-environment': boolean;
  readonly 'ci-config'?: string | undefined;
}

/** `gocli run`: a rig, and what the wrappers of cluster-up expect to find afterwards. */
export async function runCluster(
  args: RunArguments,
  session: Session,
  faultsOfLine: readonly GocliError[],
): Promise<number> {
  const kubevirtci = args['from-environment'];
  const environment = kubevirtci ? readEnvironment(session.env) : undefined;
  for (const text of environment?.warnings ?? []) session.emit({ type: 'notice', level: 'warning', text });
  const inputs: RunInputs = inputsOf(OPTIONS, args);
  // A snapshot has its provider, and scripts set this variable always.
  const provider = args.provider ?? (inputs.snapshot === undefined ? environment?.provider : undefined);
  const request: RunRequest = { ...inputs, provider, kubevirtci };
  const faults = [...faultsOfLine, ...(environment?.errors ?? [])];
  if (args['dry-run']) {
    if (args.count !== undefined) {
      faults.push(
        new GocliError('USAGE', '--count: --dry-run shows one plan', { hint: 'Leave one of them out.' }),
      );
    }
    const planned = await plan(request, session, faults);
    writeResult(session, {
      data: { plan: planned },
      text: `${JSON.stringify(planned, undefined, 2)}\n`,
      names: [planned.host.name],
    });
    return 0;
  }
  if (args.count !== undefined) {
    const several = await runSeveral({ ...request, count: args.count }, session, faults);
    writeSeveralSummary(several, session);
    return 0;
  }
  const result = await run(request, session, faults);
  await writeWrapperFiles(args['ci-config'], environment?.globalKubeconfig, result.state, session);
  writeUpSummary(result, args.timings, session);
  return 0;
}
