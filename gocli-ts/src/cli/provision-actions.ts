import {
  addons as buildAddons,
  build,
  plan,
  type Provisioned,
  type ProvisionRequest,
  type ProvisionResult,
} from '../api/provision.ts';
import { GocliError } from '../errors/error.ts';
import { formatSeconds } from '../shared/text.ts';
import { writeDone, writeResult } from './render/output.ts';
import { renderTable } from './render/table.ts';
import type { Session } from './session.ts';

export async function planAction(request: ProvisionRequest, session: Session): Promise<number> {
  const { steps, children } = await plan(request, session);
  writeResult(session, {
    data: { steps, children },
    names: steps.filter(({ action }) => action === 'run').map(({ step }) => step),
    table: [
      ['STEP', 'ACTION', 'WHY'],
      ...steps.map(({ step, action, why }) => [step, action, why]),
      ...children.flatMap((child) =>
        child.steps.map(({ step, action, why }) => [`${child.provider}: ${step}`, action, why]),
      ),
    ],
  });
  return 0;
}

export async function buildAction(request: ProvisionRequest, session: Session): Promise<number> {
  await writeDone(build(request, session), (result) => {
    writeBuilt(result, session);
  });
  return 0;
}

function writeBuilt(result: ProvisionResult, session: Session): void {
  const { children } = result;
  writeResult(session, {
    data: { ...result },
    names: [result, ...children].flatMap(({ image }) => image ?? []),
    text: [result, ...children].map(builtText).join('\n'),
  });
}

function builtText({ image, changed, seconds, timings }: Provisioned): string {
  const what = image ?? 'the steps asked for';
  const times = timings.map((one) => [
    one.title,
    one.outcome === 'cached' ? 'cached' : formatSeconds(one.seconds),
  ]);
  const first = changed ? `Built ${what}` : `Nothing changed: ${what} is up to date`;
  return `${first} (${formatSeconds(seconds)}).\n${changed ? `\n${renderTable(times)}` : ''}`;
}

/** The images of addons, without a provider. @throws GocliError USAGE when both are asked for, or nothing is */
export async function addonsAction(
  { folder, addons }: { readonly folder?: string | undefined; readonly addons?: string | undefined },
  session: Session,
): Promise<number> {
  if (addons === undefined || folder !== undefined) {
    const what =
      addons === undefined ? 'the folder of a provider is missing' : `either ${folder ?? ''} or --addons`;
    throw new GocliError('USAGE', what, {
      hint: 'For example: gocli provision cluster-provision/k8s/1.36, or: gocli provision --addons kwok',
    });
  }
  const { images, seconds, timings } = await buildAddons({ addons: addons.split(',') }, session);
  const lines = images.map(({ name, cached }) => `${cached ? 'Unchanged' : 'Built'}: ${name}\n`);
  writeResult(session, {
    data: { images, seconds, timings },
    names: images.map(({ name }) => name),
    text: `${lines.join('')}The local Docker has ${images.length === 1 ? 'it' : 'them'} (${formatSeconds(seconds)}).\n`,
  });
  return 0;
}
