import { EXIT } from '../errors/codes.ts';
import { planProvision, provision, type ProvisionRequest } from '../provision/provision.ts';
import { checkStep } from '../provision/steps/check.ts';
import { commitStep, latestReference } from '../provision/steps/commit.ts';
import { componentsStep } from '../provision/steps/components.ts';
import { diskStep } from '../provision/steps/disk.ts';
import { imagesStep } from '../provision/steps/images.ts';
import { resolveStep } from '../provision/steps/resolve.ts';
import { rootfsStep } from '../provision/steps/rootfs.ts';
import { runnerStep } from '../provision/steps/runner.ts';
import { sealStep } from '../provision/steps/seal.ts';
import { tinyStep } from '../provision/steps/tiny.ts';
import { vmStep } from '../provision/steps/vm.ts';
import type { ProvisionStep } from '../provision/step.ts';
import { formatSeconds } from '../shared/text.ts';
import { checkImage } from './check-image.ts';
import { writeResult } from './render/output.ts';
import { renderTable } from './render/table.ts';
import type { Session } from './session.ts';

export interface ProvisionArguments {
  readonly folder: string;
  readonly phases?: readonly string[] | undefined;
  readonly force?: readonly string[] | undefined;
  readonly locked?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

/** Every step of the graph, put together for one run. */
function provisionSteps(locked: boolean, session: Session): ProvisionStep[] {
  return [
    resolveStep(locked),
    runnerStep,
    componentsStep(),
    rootfsStep,
    tinyStep,
    imagesStep(),
    diskStep,
    vmStep,
    sealStep,
    commitStep,
    checkStep((image, signal) => checkImage(image, { ...session, signal })),
  ];
}

/** `gocli provision`: builds a provider image, or says what would be done. */
export async function provisionFolder(args: ProvisionArguments, session: Session): Promise<number> {
  const request: ProvisionRequest = {
    folder: args.folder,
    steps: provisionSteps(args.locked ?? false, session),
    ...(args.phases === undefined ? {} : { phases: args.phases }),
    ...(args.force === undefined ? {} : { force: args.force }),
  };
  return args.dryRun === true ? printPlan(request, session) : build(request, session);
}

async function printPlan(request: ProvisionRequest, session: Session): Promise<number> {
  const steps = (await planProvision(request, session)).map(({ step, key, cached, why }) => ({
    step: step.name,
    action: cached === undefined ? 'run' : 'cached',
    why,
    key,
  }));
  writeResult(session, {
    data: { steps },
    names: steps.filter(({ action }) => action === 'run').map(({ step }) => step),
    table: [['STEP', 'ACTION', 'WHY'], ...steps.map(({ step, action, why }) => [step, action, why])],
  });
  return EXIT.ok;
}

async function build(request: ProvisionRequest, session: Session): Promise<number> {
  const start = session.clock.monotonic();
  const { recipe, timings, changed, results } = await provision(request, session);
  const seconds = (session.clock.monotonic() - start) / 1000;
  const reference = results.has('commit') ? latestReference(recipe) : null;
  const what = reference ?? 'the steps asked for';
  writeResult(session, {
    data: { provider: recipe.provider.name, image: reference, changed, seconds, timings },
    names: reference === null ? [] : [reference],
    text: `${changed ? `Built ${what}` : `Nothing changed: ${what} is up to date`} (${formatSeconds(seconds)}).\n${
      changed
        ? `\n${renderTable(timings.map((one) => [one.title, one.outcome === 'cached' ? 'cached' : formatSeconds(one.seconds)]))}`
        : ''
    }`,
  });
  return EXIT.ok;
}
