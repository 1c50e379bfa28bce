import { readFile, rm as removeFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parse } from 'yaml';
import { chooseAny } from '../../../gocli-ts/src/api/choose.ts';
import { rm } from '../../../gocli-ts/src/api/rm.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { rigFolder, type Paths } from '../../../gocli-ts/src/host/paths.ts';
import { mergeIntoFiles } from '../../../gocli-ts/src/kubernetes/kubeconfig-file.ts';
import { renderKubeconfig } from '../../../gocli-ts/src/kubernetes/kubeconfig.ts';
import { requireRig, requireState } from '../../../gocli-ts/src/rig/find.ts';
import { keepState } from '../../../gocli-ts/src/rig/keep-state.ts';
import { readSecret, stateNames, writeSecret } from '../../../gocli-ts/src/rig/state.ts';
import { FakeHost } from '../../fakes/host.ts';
import { K8S_FACTS } from '../../helpers/engine.ts';
import { elsewhere, listed, STATES, to } from '../../helpers/renaming.ts';
import { makeSaving, type Saving } from '../../helpers/saving.ts';

const ACCESS = { server: 'https://127.0.0.1:40002', ca: 'ca', cert: 'cert', key: 'key' };

/** A cluster "c" that has a kubeconfig, in one of the states, and a file into which that was merged. */
async function merged(t: ExecutionContext, phase: string) {
  const saving = await makeSaving(t);
  const { engine } = saving;
  const { paths } = engine;
  const state = requireState(await saving.found());
  const guest = { ...state.plan.guest, tiny: undefined, kubernetes: K8S_FACTS['kubernetes'] };
  await writeSecret(paths, 'c', 'kubeconfig', renderKubeconfig('c', ACCESS));
  const ports = { ...state.ports, '6443/tcp': 40002 };
  await keepState({ ...state, ports, plan: { ...state.plan, guest } }, engine);
  const file = join(paths.state, 'config');
  await mergeIntoFiles([file], renderKubeconfig('c', ACCESS), 'c', engine);
  await STATES[phase]?.(saving);
  const env = { KUBECONFIG: file };
  return { saving, engine, env, contexts: () => contextsIn(file), file };
}

/** Names of contexts, the current one first. */
async function contextsIn(file: string): Promise<string[]> {
  const { contexts, ...rest } = parse(await readFile(file, 'utf8')) as {
    contexts: { name: string }[];
    'current-context': string;
  };
  return [rest['current-context'], ...contexts.map(({ name }) => name)];
}

/** A rig's own kubeconfig, as whoever uses it finds it. */
async function kubeconfigOf({ engine }: Saving, name: string, paths: Paths): Promise<string> {
  await chooseAny({ name }, { ...engine, paths, env: {} });
  return readSecret(paths, name, 'kubeconfig');
}

for (const phase of Object.keys(STATES)) {
  test(`what was merged of one that is ${phase} gets the new name, and goes with the cluster`, async (t) => {
    const { saving, engine, env, contexts } = await merged(t, phase);
    await to(engine, 'd', 'c', env);
    t.deepEqual(await contexts(), ['d', 'd']);
    if (phase !== 'stopped') {
      for (const { paths } of [engine, elsewhere(saving)])
        t.is(await kubeconfigOf(saving, 'd', paths), renderKubeconfig('d', ACCESS));
    }
    await rm({ name: 'd' }, { ...engine, host: new FakeHost(), env, cwd: '/', checkout: '/' });
    t.deepEqual(await contexts(), ['']);
  });

  // Whoever pauses a cluster, or lets it go on, writes its record.
  for (const kept of phase === 'running' || phase === 'paused' ? [false, true] : [false]) {
    const then = kept ? ', also once the record was written again' : '';
    test(`whatever kills the renaming of one that is ${phase}, its kubeconfig has the name that it has${then}`, async (t) => {
      for (let last = 0; ; last += 1) {
        const { saving, engine, env, contexts } = await merged(t, phase);
        const { docker } = engine;
        let requests = 0;
        docker.before = () => {
          requests += 1;
          if (requests > last) throw new Error('killed');
        };
        const killed = await to(saving.run('killed'), 'd', 'c', env).then(
          () => false,
          () => true,
        );
        docker.before = () => undefined;
        const name = (await listed(engine))[0]?.slice(0, 1) ?? '';
        if (phase !== 'stopped') {
          const other = { ...engine, ...elsewhere(saving, 'other') };
          if (kept) await keepState(requireState(await requireRig(docker, other.paths, name)), other);
          for (const { paths } of [engine, other, elsewhere(saving)])
            t.is(await kubeconfigOf(saving, name, paths), renderKubeconfig(name, ACCESS), `${last}`);
        }
        if (killed) await to(saving.run('again'), 'd', 'c', env);
        t.deepEqual(await contexts(), ['d', 'd'], `${last}`);
        t.deepEqual(await stateNames(engine.paths), ['d']);
        if (!killed) break;
      }
    });
  }

  test(`a signal ends the renaming of one that is ${phase} before anything is changed, or not at all`, async (t) => {
    for (let last = 0; ; last += 1) {
      const { saving, engine, env, contexts } = await merged(t, phase);
      const stop = new AbortController();
      let requests = 0;
      let at = '';
      engine.docker.before = (method) => {
        requests += 1;
        if (requests === last + 1) at = method;
        if (requests === last + 1) stop.abort(new GocliError('INTERRUPTED', 'interrupted'));
      };
      const renaming = to(saving.run('renaming', { signal: stop.signal }), 'd', 'c', env);
      const name = await renaming.then(
        () => 'd',
        () => 'c',
      );
      engine.docker.before = () => undefined;
      t.deepEqual(await listed(engine), [`${name} ${phase}`], `${last}: ${at}`);
      t.deepEqual(await contexts(), [name, name]);
      t.deepEqual(await stateNames(engine.paths), [name]);
      t.true(
        saving.containers().every((one) => one.startsWith(`${name}-`)),
        `${last}: ${at}`,
      );
      if (at === 'containers.rename') t.is(name, 'd');
      if (!stop.signal.aborted) break;
    }
  });
}

test('a kubeconfig that could not be changed is, once it is mended and the same is typed again', async (t) => {
  const { saving, engine, env, contexts, file } = await merged(t, 'running');
  const text = await readFile(file, 'utf8');
  await writeFile(file, `c: [\n${text}`);
  await to(engine, 'd', 'c', env);
  t.true(saving.notices().some((told) => told.includes('then type: gocli rename c d')));
  t.deepEqual(await listed(engine), ['d running']);
  await writeFile(file, text);
  await to(engine, 'd', 'c', env);
  t.deepEqual(await contexts(), ['d', 'd']);
  t.deepEqual(await stateNames(engine.paths), ['d']);
});

test('keys that were lost from the state folder are no reason not to rename', async (t) => {
  for (const lost of ['id_ed25519', 'kubeconfig']) {
    const { saving, engine } = await merged(t, 'running');
    await removeFile(join(rigFolder(engine.paths, 'c'), lost));
    await to(engine, 'd');
    t.is(await kubeconfigOf(saving, 'd', engine.paths), renderKubeconfig('d', ACCESS));
    t.regex(await readSecret(engine.paths, 'd', 'id_ed25519'), /PRIVATE KEY/);
  }
});

for (const phase of ['running', 'stopped']) {
  test(`the old name of one that is ${phase} and was renamed by another HOME says what it is called now`, async (t) => {
    const { saving, engine, env, contexts } = await merged(t, phase);
    const context = { ...engine, host: new FakeHost(), env, cwd: '/', checkout: '/' };
    await to({ ...engine, ...elsewhere(saving) }, 'd');
    const choose = chooseAny({ name: 'c' }, context);
    const error = await t.throwsAsync<GocliError>(choose, {
      code: 'NOT_FOUND',
      message: /is called "d" now/,
    });
    t.regex(error.hint ?? '', /gocli rename c d$/);
    t.is(error.observed, undefined, 'nothing was removed');
    await t.throwsAsync(to(engine, 'e'), { code: 'NOT_FOUND', message: /is called "d" now/ });
    await to(engine, 'd', 'c', env);
    t.deepEqual(await contexts(), ['d', 'd']);
    t.false((await stateNames(engine.paths)).includes('c'));
    await t.throwsAsync(to(engine, 'd'), { code: 'NOT_FOUND', message: /no cluster "c"/ });
  });

  test(`to remove the old name of one that is ${phase} removes nothing of it, and says so`, async (t) => {
    const { saving, engine, env, contexts } = await merged(t, phase);
    await to({ ...engine, ...elsewhere(saving) }, 'd');
    const containers = saving.containers();
    const context = { ...engine, host: new FakeHost(), env, cwd: '/', checkout: '/' };
    const { removed, absent } = await rm({ name: 'c' }, context);
    t.deepEqual(removed, []);
    t.like(absent, [{ name: 'c', calledNow: 'd', containers: 0, volumes: 0 }]);
    t.deepEqual(saving.containers(), containers);
    t.deepEqual(await listed(engine), [`d ${phase}`]);
    t.deepEqual(await contexts(), ['']);
    t.false((await stateNames(engine.paths)).includes('c'));
    t.is((await rm({ name: 'c' }, context)).absent[0]?.calledNow, undefined);
  });
}
