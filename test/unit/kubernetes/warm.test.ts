import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import test from 'ava';
import { renderKubeconfig } from '../../../gocli-ts/src/kubernetes/kubeconfig.ts';
import { kubeconfigPath } from '../../../gocli-ts/src/kubernetes/state-file.ts';
import { warmUp } from '../../../gocli-ts/src/kubernetes/warm.ts';
import { requireRig, requireState } from '../../../gocli-ts/src/rig/find.ts';
import { another, makePool } from '../../helpers/pool.ts';

const ACCESS = { server: 'https://127.0.0.1:1', ca: 'Y2E=', cert: 'Y2VydA==', key: 'a2V5' };

/** Warms a rig up; what kubectl is told, and how often it fails where the words are in a command. */
async function warmed(t: Parameters<typeof makePool>[0], fails: Readonly<Record<string, number>>) {
  const bench = await makePool(t, 1);
  await bench.run('c');
  const { docker, paths } = bench.engine;
  const file = kubeconfigPath(paths, 'c');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, renderKubeconfig('c', ACCESS), { mode: 0o600 });
  const told: string[] = [];
  const left = new Map(Object.entries(fails));
  docker.onExec((argv) => {
    if (!(argv[0] ?? '').endsWith('kubectl')) return undefined;
    const words = argv
      .slice(5)
      .join(' ')
      .replaceAll(/\/run\/warm-\w+/g, '');
    told.push(words);
    const failing = [...left].find(([part, times]) => words.includes(part) && times > 0);
    if (failing === undefined) return {};
    left.set(failing[0], failing[1] - 1);
    return { exitCode: 1, stderr: 'error validating data: context deadline exceeded' };
  });
  const state = requireState(await requireRig(docker, paths, 'c'));
  const done = warmUp(state, another(bench.engine));
  return { told, done };
}

test('a guest that takes too long over its schemas is asked to do without them', async (t) => {
  const { told, done } = await warmed(t, { apply: 1 });
  await done;
  t.deepEqual(told.slice(0, 2), ['apply -f /warm.json', 'apply --validate=false -f /warm.json']);
  t.regex(told.at(-1) ?? '', /^delete namespace/);
});

test('what kubectl says is told when it cannot be done', async (t) => {
  const { done } = await warmed(t, { apply: 2 });
  await t.throwsAsync(done, { code: 'KUBERNETES', message: /apply --validate=false/ });
});
