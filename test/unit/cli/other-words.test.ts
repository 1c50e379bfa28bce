import test from 'ava';
import { COMMANDS } from '../../../gocli-ts/src/cli/commands.ts';
import { parseCommandLine } from '../../../gocli-ts/src/cli/parser.ts';
import type { GocliError } from '../../../gocli-ts/src/errors/error.ts';

async function refused(line: string): Promise<string> {
  try {
    const parsed = await parseCommandLine(line.split(' '), COMMANDS);
    // What run tells itself, with all else that is wrong.
    if ('invocation' in parsed) for (const fault of parsed.invocation.faults) throw fault;
  } catch (error) {
    const { code, message, hint } = error as GocliError;
    return `${code} ${message} ${hint ?? ''}`;
  }
  return 'accepted';
}

test('verbs of docker, kubectl, kind, minikube and vagrant are answered with what to type', async (t) => {
  for (const [line, typed] of [
    ['ps -a', /gocli ls/],
    ['exec -it node01 sh', /gocli ssh NODE -- COMMAND/],
    ['cp node01:/a b', /gocli scp/],
    ['create cluster --name two', /gocli run k8s-1\.36/],
    ['delete cluster', /gocli rm/],
    ['get clusters', /gocli ls/],
    ['get nodes', /gocli kubectl get/],
    ['apply -f x.yaml', /gocli kubectl apply/],
    ['port-forward svc/a 80', /gocli kubectl port-forward/],
    ['image load app', /gocli load/],
    ['export kubeconfig', /gocli kubeconfig/],
    ['up', /gocli run/],
    ['destroy', /gocli rm/],
    ['restart', /gocli start/],
  ] as const)
    t.regex(await refused(line), typed, line);
  t.regex(await refused('rnu'), /Did you mean "run"/);
  for (const word of ['constructor', 'toString'])
    t.regex(await refused(word), /is not a command\..*--help/, word);
});

test('flags of theirs are named, with what to type', async (t) => {
  for (const [line, typed] of [
    ['run k8s-1.36 --driver docker', /--driver\. Leave it out/],
    ['run k8s-1.36 --kubernetes-version v1.36', /gocli run k8s-1\.36/],
    ['run k8s-1.36 -d', /unknown flag -d\. Leave it out: gocli waits/],
    ['run k8s-1.36 --cpus 4', /Did you mean "--cpu"/],
    ['status --context two', /--name NAME/],
    ['logs -f node01', /journalctl -f/],
    ['scp --recursive dir node01:/tmp', /--recursive\. Leave it out/],
    ['-V', /unknown flag -V\. Type: gocli version/],
    ['ls --version', /gocli version/],
    // Before the verb, where the next word may be its value.
    ['--debug ls', /unknown flag --debug\. Type --verbose/],
    ['--context kind ls', /unknown flag --context\. Type --name NAME/],
    ['--context run ls', /unknown flag --context\. Type --name NAME/],
    [
      '--wait run k8s-1.36',
      /^USAGE unknown flag --wait\. Leave it out: gocli waits until the cluster is Ready\.(?! unexp)/,
    ],
    ['--kubeconfig /f get pods', /unknown flag --kubeconfig\./],
    ['-o json --memory 4G --foo run', /^USAGE unknown flag --foo\. /],
    ['-i key ssh node01', /-i of ssh .* has the key of every node/],
    ['-P 22 scp one node01:/tmp', /-P of scp .* knows the port/],
    ['--name two mkae', /"mkae" is not a command/],
    ['mkae --foo', /"mkae" is not a command/],
  ] as const)
    t.regex(await refused(line), typed, line);
});

test('what has one meaning is accepted', async (t) => {
  for (const line of [
    'rm -f two',
    'rm --force',
    'ls -a',
    'ls --all',
    'run k8s-1.36 -m 4g',
    'run k8s-1.36 --memory 4096mb',
  ])
    t.is(await refused(line), 'accepted', line);
});

test('flags of kubectl before the verb are its own', async (t) => {
  for (const line of [
    '-n kube-system kubectl get pods',
    '--context two kubectl get pods',
    '--kubeconfig=/f kubectl get pods',
    '-s https://x --name two kubectl get pods',
    '--insecure-skip-tls-verify kubectl get pods',
    '--as-user-extra=a=b kubectl get pods',
    '--kuberc /f --log-flush-frequency 5s kubectl get pods',
  ]) {
    const result = await parseCommandLine(line.split(' '), COMMANDS);
    if ('text' in result) throw new Error(result.text);
    const { rest } = result.invocation;
    t.deepEqual(rest.slice(-2), ['get', 'pods'], line);
    t.true(rest.length > 2, line);
  }
});
