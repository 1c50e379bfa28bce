import { build, plan, type ProvisionRequest } from '../api/provision.ts';
import { formatSeconds } from '../shared/text.ts';
import { writeResult } from './render/output.ts';
import { renderTable } from './render/table.ts';
import type { Session } from './session.ts';

export async function planAction(request: ProvisionRequest, session: Session): Promise<number> {
  const { steps } = await plan(request, session);
  writeResult(session, {
    data: { steps },
    names: steps.filter(({ action }) => action === 'run').map(({ step }) => step),
    table: [['STEP', 'ACTION', 'WHY'], ...steps.map(({ step, action, why }) => [step, action, why])],
  });
  return 0;
}

export async function buildAction(request: ProvisionRequest, session: Session): Promise<number> {
  const result = await build(request, session);
  const { image, changed, seconds, timings } = result;
  const what = image ?? 'the steps asked for';
  const times = timings.map((one) => [
    one.title,
    one.outcome === 'cached' ? 'cached' : formatSeconds(one.seconds),
  ]);
  writeResult(session, {
    data: { ...result },
    names: image === null ? [] : [image],
    text: `${changed ? `Built ${what}` : `Nothing changed: ${what} is up to date`} (${formatSeconds(seconds)}).\n${
      changed ? `\n${renderTable(times)}` : ''
    }`,
  });
  return 0;
}
