import { join } from 'node:path';
import { defineCommand } from '../command.ts';
import { chooseStarted, nameOption } from '../options.ts';

export const kubectlCommand = defineCommand({
  usage: 'kubectl',
  summary: "Run the provider's own kubectl against a cluster",
  options: nameOption,
  passThroughAfter: 0,
  examples: [['gocli kubectl get pods -A', 'everything after the verb is for kubectl']],
  run: async (args, session, rest) => {
    const { clusterFolder } = await import('../../host/paths.ts');
    const { kubectlPath } = await import('../kubectl-binary.ts');
    const { state } = await chooseStarted(args.name, session);
    const kubeconfig = join(clusterFolder(session.paths, state.name), 'kubeconfig');
    const argv = [await kubectlPath(state, session), '--kubeconfig', kubeconfig, ...rest] as const;
    return session.host.attach(argv, { signal: session.signal });
  },
});
