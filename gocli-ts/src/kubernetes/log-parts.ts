import { ApiClient } from './api.ts';
import { readAccess } from './access.ts';
import type { FoundRig } from '../rig/life.ts';
import { commandParts, JOURNAL, nodeParts } from '../rig/logs/guest.ts';
import { json, onePart, type LogDeps, type LogPart } from '../rig/logs/part.ts';
import { podLogs } from './pod-logs.ts';

const OBJECTS: Readonly<Record<string, string>> = {
  nodes: '/api/v1/nodes',
  pods: '/api/v1/pods',
  events: '/api/v1/events?limit=2000',
  deployments: '/apis/apps/v1/deployments',
};

/** What each node can tell, by file. */
const COMMANDS: Readonly<Record<string, string>> = {
  'kubelet.log': `${JOURNAL} -u kubelet`,
  'containerd.log': `${JOURNAL} -u containerd`,
  'containers.txt': 'crictl --timeout 20s ps -a',
  'images.txt': 'crictl --timeout 20s images',
};

/** What the API server and the nodes say. */
export function kubernetesParts(found: FoundRig, deps: LogDeps): LogPart[] {
  return [
    ...objectParts(found, deps),
    ...commandParts(found, deps, COMMANDS),
    ...nodeParts(found, deps, 'pods', podLogs),
  ];
}

/** What the API server says, when it answers. Secrets and config maps are not asked for. */
function objectParts(found: FoundRig, { paths }: LogDeps): LogPart[] {
  return Object.entries(OBJECTS).map(([kind, path]) =>
    onePart(`kubernetes/${kind}.json`, async (signal) => {
      using api = new ApiClient(await readAccess(found, paths));
      return json(await api.json(path, signal));
    }),
  );
}
