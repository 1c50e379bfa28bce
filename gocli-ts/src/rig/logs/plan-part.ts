import type { FoundRig } from '../life.ts';
import { kindOf, type Kind } from '../kind.ts';
import type { RigState } from '../state.ts';
import { rigStatus } from '../status.ts';
import { json, onePart, type LogDeps, type LogPart } from './part.ts';

/** What was planned, what it runs on, and what holds now. */
export function factParts(found: FoundRig, deps: LogDeps): LogPart[] {
  return [
    onePart('plan.json', () =>
      Promise.resolve(json(found.state ?? { name: found.name, state: 'was never written' })),
    ),
    onePart('versions.json', async () => json(await versions(found, deps))),
    onePart('status.json', async (signal) => json(await rigStatus(found, { ...deps, signal }))),
  ];
}

async function versions(
  { state, containers }: FoundRig,
  { docker, version, kinds }: LogDeps,
): Promise<unknown> {
  const imageId = state?.plan.host.imageId ?? containers[0]?.imageId;
  return {
    gocli: version,
    node: process.version,
    docker: await docker.system.info(),
    ...(state === undefined ? {} : versionOf(state, kinds)),
    image: imageId === undefined ? null : ((await docker.images.inspect(imageId)) ?? imageId),
  };
}

function versionOf({ plan }: RigState, kinds: readonly Kind[]): Record<string, string | null> {
  const kind = kindOf(kinds, plan.guest);
  return { [kind.name]: kind.product?.version(plan.guest) ?? null };
}
