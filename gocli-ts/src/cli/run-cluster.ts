import { OPTIONS, tryRunOptions, type RunInputs } from '../api/options.ts';
import { plan, run, type RunRequest } from '../api/run.ts';
import type { GocliError } from '../errors/error.ts';
import { throwValues } from '../rig/options/option.ts';
import { readEnvironment } from './environment.ts';
import { inputsOf } from './option-flags.ts';
import { writeResult } from './render/output.ts';
import { writeUpSummary } from './render/up-summary.ts';
import type { Session } from './session.ts';
import { writeWrapperFiles } from './wrapper-files.ts';

/** The arguments of `gocli run` beside its options, as parsed. */
interface RunArguments extends Readonly<Record<string, unknown>> {
  readonly provider?: string | undefined;
  readonly timings: boolean;
  readonly 'dry-run': boolean;
  readonly 'from-environment': boolean;
  readonly 'ci-config'?: string | undefined;
}

/** `gocli run`: a rig, and what the wrappers of cluster-up expect to find afterwards. */
export async function runCluster(args: RunArguments, session: Session): Promise<number> {
  const kubevirtci = args['from-environment'];
  const environment = kubevirtci ? readEnvironment(session.env) : undefined;
  for (const text of environment?.warnings ?? []) session.emit({ type: 'notice', level: 'warning', text });
  const inputs: RunInputs = inputsOf(OPTIONS, args);
  if (environment !== undefined) refuse(environment.errors, inputs, session);
  // A snapshot has its provider, and scripts set this variable always.
  const provider = args.provider ?? (inputs.snapshot === undefined ? environment?.provider : undefined);
  const request: RunRequest = { ...inputs, provider, kubevirtci };
  if (args['dry-run']) {
    const planned = await plan(request, session);
    writeResult(session, {
      data: { plan: planned },
      text: `${JSON.stringify(planned, undefined, 2)}\n`,
      names: [planned.host.name],
    });
    return 0;
  }
  const result = await run(request, session);
  await writeWrapperFiles(args['ci-config'], environment?.globalKubeconfig, result.state, session);
  writeUpSummary(result, args.timings, session);
  return 0;
}

/** Throws what is wrong with variables, together with what is wrong with options. @throws GocliError BAD_VALUE */
function refuse(ofVariables: readonly GocliError[], inputs: RunInputs, { env }: Session): void {
  if (ofVariables.length > 0) throwValues([...ofVariables, ...tryRunOptions(inputs, env, true).errors]);
}
