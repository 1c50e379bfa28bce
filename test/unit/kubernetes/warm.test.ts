import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { renderKubeconfig } from '../../../gocli-ts/src/kubernetes/kubeconfig.ts';
import { kubeconfigPath } from '../../../gocli-ts/src/kubernetes/state-file.ts';
import { warmingOf } from '../../../gocli-ts/src/kubernetes/warm.ts';
import { requireRig } from '../../../gocli-ts/src/rig/find.ts';
import type { Warming } from '../../../gocli-ts/src/rig/kind.ts';
import { another, makePool } from '../../helpers/pool.ts';
import { temporaryFolder } from '../provision/_bench.ts';

const ACCESS = { server: 'https://127.0.0.1:1', ca: 'Y2E=', cert: 'Y2VydA==', key: 'a2V5' };
/** What ends a command with all that it started. */
const TIMED = 'timeout -k 5 240 sh -c';
const NEVER = new AbortController().signal;

interface Bench {
  readonly warming: Warming;
  /** What the network container is told, without what all of it begins with. */
  readonly told: string[];
  /** Scripts that are run on nodes. */
  readonly programs: readonly string[];
}

/** @param failing words of the command that fails */
async function makeBench(t: ExecutionContext, failing?: string): Promise<Bench> {
  const bench = await makePool(t, 1);
  await bench.run('c');
  const { docker, paths } = bench.engine;
  const file = kubeconfigPath(paths, 'c');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, renderKubeconfig('c', ACCESS), { mode: 0o600 });
  const told: string[] = [];
  docker.onExec(([, , script = '']) => {
    if (!script.includes('KUBECONFIG')) return undefined;
    const [, , ...lines] = script.split('\n');
    told.push(lines.join('\n'));
    if (failing === undefined || !script.includes(failing)) return {};
    return { exitCode: 1, stderr: 'error: timed out waiting' };
  });
  bench.machines.prints = (program) => (program.includes('crictl') ? '' : 'there:1\nsha256:aa\n');
  const warming = await warmingOf(await requireRig(docker, paths, 'c'), another(bench.engine));
  return { warming, told, programs: bench.machines.programs };
}

test('the commands are run in a namespace of their own, after the manifest', async (t) => {
  const { warming, told } = await makeBench(t);
  await warming.run(['kubectl top nodes', 'a\nb'], NEVER);
  const [begin = '', apply = '', ...commands] = told;
  t.regex(begin, /kubectl create namespace gocli-warm-up &&\n.*--namespace=gocli-warm-up'$/);
  t.regex(apply, /--namespace=gocli-warm-up apply -f \/image\/warm.yaml \|\|\n.*apply --validate=false/);
  t.deepEqual(commands, [`${TIMED} 'kubectl top nodes'`, `${TIMED} 'a\nb'`]);
});

test('the first command that fails ends it, and is told with its last words', async (t) => {
  const { warming, told } = await makeBench(t, 'top nodes');
  await t.throwsAsync(warming.run(['kubectl top nodes', 'kubectl logs x'], NEVER), {
    code: 'KUBERNETES',
    message: 'c: "kubectl top nodes" ended with code 1',
  });
  t.is(told.length, 3);
});

test('the namespace goes, then what nodes have of it, but for the images that they had', async (t) => {
  const { warming, told, programs } = await makeBench(t);
  await warming.undo(NEVER);
  // Whatever a command made the usual namespace.
  t.regex(
    told[0] ?? '',
    /kubectl --namespace=gocli-warm-up delete [^]*kubectl delete namespace gocli-warm-up --ignore-not-found/,
  );
  t.is(told[1], 'rm -r /run/gocli-warm-up');
  t.regex(programs.at(-1) ?? '', /crictl[^]* sh gocli-warm-up there:1 sha256:aa$/);
});

test('where the namespace does not go, that is the error', async (t) => {
  const { warming } = await makeBench(t, 'delete namespace');
  await t.throwsAsync(warming.undo(NEVER), { code: 'KUBERNETES', message: /delete namespace/ });
});

/** A program that appends its words to a file, and does more. */
async function program(root: string, name: string, more: string): Promise<void> {
  const path = join(root, 'bin', name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho ${name} "$@" >>${root}/called\n${more}\n`);
  await chmod(path, 0o755);
}

/**
 * Runs on a node that is a folder what the last program of the nodes was.
 * @param failing what fails there, so many times
 * @returns what was called there
 */
async function onNode(
  t: ExecutionContext,
  failing: { readonly what?: 'pods' | 'rmp' | 'images'; readonly times?: number } = {},
): Promise<{ root: string; called: string[] }> {
  const { warming, programs } = await makeBench(t);
  await warming.undo(NEVER);
  const root = await temporaryFolder(t);
  const pods = join(root, 'pods');
  await writeFile(pods, 'p1\np2\n');
  const fails = (what: string): string =>
    what === failing.what
      ? `echo >>${root}/failed; [ $(wc -l <${root}/failed) -gt ${failing.times ?? 99} ] || exit 1; `
      : '';
  const remove = `${fails('rmp')}sed -i "/$3/d" ${pods}`;
  await program(root, 'crictl', `case $1 in pods) ${fails('pods')}cat ${pods} ;; rmp) ${remove} ;; esac`);
  await program(root, 'sleep', '');
  const list = 'printf "there:1\\nsha256:aa\\nthere:10\\nsha256:bb\\n"';
  await program(root, 'ctr', `[ "$4" != ls ] || { ${fails('images')}${list}; }`);
  for (const path of ['run/x', 'var/log/pods/gocli-warm-up_web-1_u/0.log', 'var/log/pods/a_web_u/0.log']) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), '');
  }
  const [, script = ''] = / -c ([^]*) sh gocli-warm-up /.exec(programs.at(-1) ?? '') ?? [];
  const here = script.replaceAll('/run/', `${root}/run/`).replaceAll('/var/log', `${root}/var/log`);
  const env = { ...process.env, PATH: `${root}/bin:${process.env['PATH'] ?? ''}` };
  execFileSync('sh', ['-c', here, 'sh', 'gocli-warm-up', 'there:1', 'sha256:aa'], { env, stdio: 'ignore' });
  return { root, called: (await readFile(join(root, 'called'), 'utf8')).trim().split('\n') };
}

test('a node loses the pods, their logs, and the images that came', async (t) => {
  const { root, called } = await onNode(t);
  t.deepEqual(await readdir(join(root, 'var/log/pods')), ['a_web_u']);
  t.deepEqual(await readdir(join(root, 'run')), ['x']);
  t.deepEqual(
    called.filter((words) => words.includes(' rm')),
    ['crictl rmp -f p1', 'crictl rmp -f p2', 'ctr -n k8s.io images rm --sync there:10 sha256:bb'],
  );
});

test('a pod that the kubelet is removing at the same time is tried again', async (t) => {
  const { called } = await onNode(t, { what: 'rmp', times: 3 });
  t.deepEqual(
    called.filter((words) => words.startsWith('crictl rmp')),
    ['crictl rmp -f p1', 'crictl rmp -f p2', 'crictl rmp -f p1', 'crictl rmp -f p2', 'crictl rmp -f p1'],
  );
});

for (const [what, words] of [
  ['rmp', 'a pod that stays on a node'],
  ['pods', 'a node that does not tell its pods'],
  ['images', 'a node that does not tell its images'],
] as const)
  test(`${words} is no end of it`, async (t) => {
    await t.throwsAsync(onNode(t, { what }), { message: /Command failed/ });
  });
