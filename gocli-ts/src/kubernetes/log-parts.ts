import { ApiClient } from './api.ts';
import { readAccess } from './access.ts';
import type { FoundRig } from '../rig/find.ts';
import { json, onePart, type LogDeps, type LogPart } from '../rig/logs/part.ts';

const OBJECTS: Readonly<Record<string, string>> = {
  nodes: '/api/v1/nodes',
  pods: '/api/v1/pods',
  events: '/api/v1/events?limit=2000',
  deployments: '/apis/apps/v1/deployments',
};

/** What the API server says, when it answers. Secrets and config maps are not asked for. */
export function kubernetesParts(found: FoundRig, { paths }: LogDeps): LogPart[] {
  return Object.entries(OBJECTS).map(([kind, path]) =>
    onePart(`kubernetes/${kind}.json`, async (signal) => {
      using api = new ApiClient(await readAccess(found, paths));
      return json(await api.json(path, signal));
    }),
  );
}
