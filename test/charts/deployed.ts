import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { CHECKOUT, gocli, outputOf, type CliResult } from '../helpers/cli.ts';

/** Seconds for whatever is waited for: many at once start on an emulated machine, which others may be busy on. */
const LIMIT = 300;

/** A manifest that was applied in a namespace of its own. Whatever does not go as it should throws, with all output. */
export interface Deployed {
  readonly cluster: string;
  readonly namespace: string;
  /** Runs kubectl in the namespace. @returns what it wrote to stdout */
  readonly kubectl: (...argv: string[]) => Promise<string>;
  /** The same, whatever comes of it. */
  readonly tried: (argv: readonly string[], input?: string) => Promise<CliResult>;
  /** Waits as `kubectl wait --for=CONDITION OBJECT` does. */
  readonly wait: (object: string, condition: string) => Promise<void>;
  /** Waits until the containers of a pod have ended well. @returns what each of those named wrote, in lines */
  readonly said: (pod: string, ...containers: string[]) => Promise<string[][]>;
  /** Runs a script on the first node. @returns what it wrote to stdout */
  readonly onNode: (script: string) => Promise<string>;
}

/** Applies a manifest of this folder, in a namespace named after it. The namespace goes with its cluster. */
export async function deploy(cluster: string, manifest: string): Promise<Deployed> {
  const namespace = `charts-${manifest}`;
  const deployed = deployedIn(cluster, namespace);
  await deployed.kubectl('create', 'namespace', namespace);
  // Without it no pod of the namespace is let in.
  await deployed.wait('serviceaccount/default', 'create');
  const text = await readFile(`${CHECKOUT}test/charts/manifests/${manifest}.yaml`, 'utf8');
  // kubectl would have the schemas to check it itself, which a busy guest takes longer to make than kubectl waits for.
  const created = await deployed.tried(['create', '--validate=ignore', '-f', '-'], text);
  succeeded(`create ${manifest}.yaml`, created);
  return deployed;
}

function deployedIn(cluster: string, namespace: string): Deployed {
  const tried: Deployed['tried'] = (argv, input) =>
    gocli(['kubectl', '--name', cluster, '-n', namespace, ...argv], input === undefined ? {} : { input });
  const kubectl: Deployed['kubectl'] = async (...argv) => succeeded(argv.join(' '), await tried(argv));
  const wait: Deployed['wait'] = async (object, condition) => {
    const waited = await tried(['wait', object, `--for=${condition}`, `--timeout=${LIMIT}s`]);
    if (waited.exitCode === 0) return;
    const pods = await tried(['describe', 'pods']);
    throw new Error(`${object} in ${namespace}, ${condition}: ${outputOf(waited)}\n${pods.stdout}`);
  };
  return {
    cluster,
    namespace,
    tried,
    kubectl,
    wait,
    said: async (pod, ...containers) => {
      await wait(`pod/${pod}`, 'jsonpath={.status.phase}=Succeeded');
      const logs = containers.map((container) => kubectl('logs', pod, '-c', container));
      return (await Promise.all(logs)).map((text) => text.trim().split('\n'));
    },
    onNode: async (script) =>
      succeeded(script, await gocli(['ssh', '--name', cluster, 'node01', '--', `set -eu\n${script}`])),
  };
}

/** What a command wrote to stdout. @throws Error with all that it wrote, when it failed */
export function succeeded(what: string, result: CliResult): string {
  if (result.exitCode !== 0) throw new Error(`${what}: ${outputOf(result)}`);
  return result.stdout;
}

/**
 * Looks until there is something to see. A look that fails is one without: a busy API server lets a request time out.
 * @param what what is waited for, as a phrase
 * @throws Error when there is nothing within five minutes, with what a look threw last as its cause
 */
export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + LIMIT * 1000;
  for (;;) {
    let cause: unknown;
    try {
      const seen = await look();
      if (seen !== undefined) return seen;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${LIMIT} s`, { cause });
    await delay(300);
  }
}
