import { join } from 'node:path';
import { defineCommand } from '../command.ts';
import { chooseStarted, nameOption } from '../options.ts';

export const kubectlCommand = defineCommand({
  usage: 'kubectl',
  summary: "Run the provider's own kubectl against a cluster",
  options: nameOption,
  passThroughAfter: 0,
  foreignFlags: { namespace: { alias: 'n', type: 'string' } },
  examples: [['gocli kubectl get pods -A', 'everything after the verb is for kubectl']],
  run: async (args, session, rest) => {
    const { clusterFolder } = await import('../../host/paths.ts');
    const { kubectlPath } = await import('../kubectl-binary.ts');
    const { state } = await chooseStarted(args.name, session);
    const kubeconfig = join(clusterFolder(session.paths, state.name), 'kubeconfig');
    // Not as a flag: kubectl refuses flags before a plugin's name, and a plugin would not see it.
    return session.host.attach([await kubectlPath(state, session), ...rest], {
      env: { KUBECONFIG: kubeconfig },
      signal: session.signal,
    });
  },
});
