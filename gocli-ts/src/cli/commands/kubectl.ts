import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';

const value = { type: 'string' } as const;
const toggle = { type: 'boolean' } as const;

/** Flags that every command of kubectl has: kubectl options. Its -v is not among them, since gocli has one. */
const KUBECTL_FLAGS = {
  // gocli has nothing to print here, so what form is meant is kubectl's.
  output: { ...value, alias: 'o' },
  namespace: { ...value, alias: 'n' },
  server: { ...value, alias: 's' },
  context: value,
  cluster: value,
  user: value,
  kubeconfig: value,
  token: value,
  as: value,
  'as-group': value,
  'as-uid': value,
  'cache-dir': value,
  'certificate-authority': value,
  'client-certificate': value,
  'client-key': value,
  'request-timeout': value,
  'tls-server-name': value,
  username: value,
  password: value,
  profile: value,
  'profile-output': value,
  'log-flush-frequency': value,
  vmodule: value,
  'as-user-extra': value,
  kuberc: value,
  'disable-compression': toggle,
  'insecure-skip-tls-verify': toggle,
  'match-server-version': toggle,
  'warnings-as-errors': toggle,
} as const;

export const kubectlCommand = defineCommand({
  usage: 'kubectl',
  summary: "Run the provider's own kubectl against a cluster",
  options: nameOption,
  passThroughAfter: 0,
  foreignFlags: KUBECTL_FLAGS,
  examples: [['gocli kubectl get pods -A', 'everything after the verb is for kubectl']],
  run: async (args, session, rest) => {
    const { attach } = await import('../../api/kubectl.ts');
    return attach({ name: args.name, words: rest }, session);
  },
});
