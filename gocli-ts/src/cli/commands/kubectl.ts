import { resolve } from 'node:path';
import { pathFrom } from '../../host/paths.ts';
import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';

export const kubectlCommand = defineCommand({
  usage: 'kubectl',
  summary: "Run the provider's own kubectl against a cluster",
  options: nameOption,
  passThroughAfter: 0,
  foreignFlags: { namespace: { alias: 'n', type: 'string' } },
  examples: [['gocli kubectl get pods -A', 'everything after the verb is for kubectl']],
  run: async (args, session, rest) => {
    const { kubectl } = await import('../../api/kubectl.ts');
    const { program, kubeconfig } = await kubectl(args, session);
    // Not as a flag: kubectl refuses flags before a plugin's name, and a plugin would not see it.
    return session.host.attach([program, ...rest], {
      // Its files are meant from here, and from nowhere else.
      cwd: resolve(pathFrom(session.cwd, '.')),
      env: { KUBECONFIG: kubeconfig },
      signal: session.signal,
    });
  },
});
