import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { planProvision, provision } from '../../../gocli-ts/src/provision/provision.ts';
import { Store } from '../../../gocli-ts/src/provision/result-store.ts';
import type { ProvisionStep } from '../../../gocli-ts/src/provision/step.ts';
import { FakeDocker } from '../../fakes/docker.ts';
import { type Bench, fakeStep, openBench, PROVIDER_YAML } from './_bench.ts';

/** resolve -> runner -> disk <- components */
function diamond(
  log: string[],
  changes: Partial<Record<string, Parameters<typeof fakeStep>[2]>> = {},
): ProvisionStep[] {
  return [
    fakeStep('disk', log, { needs: ['runner', 'components'], ...changes['disk'] }),
    fakeStep('resolve', log, { volatile: true, ...changes['resolve'] }),
    fakeStep('components', log, { ...changes['components'] }),
    fakeStep('runner', log, { needs: ['resolve'], ...changes['runner'] }),
  ];
}

async function leftovers({ deps }: Bench): Promise<string[]> {
  const names = await readdir(join(deps.paths.cache, 'provision'), { recursive: true }).catch(() => []);
  return names.filter((name) => /work-/.test(name));
}

test('steps run after what they need, and not at all a second time', async (t) => {
  const bench = await openBench(t);
  const log: string[] = [];
  const first = await provision({ folder: bench.folder, steps: diamond(log) }, bench.deps);
  t.true(log.indexOf('resolve') < log.indexOf('runner'));
  t.is(log.at(-1), 'disk');
  t.true(first.changed);
  log.length = 0;
  const second = await provision({ folder: bench.folder, steps: diamond(log) }, bench.deps);
  t.deepEqual(log, []);
  t.false(second.changed);
  t.is(second.results.get('disk')?.key, first.results.get('disk')?.key);
  t.deepEqual(await leftovers(bench), []);
});

test('a step finds the results of what it needs', async (t) => {
  const bench = await openBench(t);
  let found = '';
  const run = async ({ results }: { results: { runner?: string } }): Promise<void> => {
    found = await readFile(join(results.runner ?? '', 'made-by'), 'utf8');
  };
  await provision({ folder: bench.folder, steps: diamond([], { disk: { run } }) }, bench.deps);
  t.is(found, 'runner');
});

test('nothing is made where the machine that is started last could not be reached', async (t) => {
  const bench = await openBench(t);
  const docker = new FakeDocker();
  const deps = { ...bench.deps, docker };
  const log: string[] = [];
  const steps = [fakeStep('runner', log), fakeStep('check', log, { needs: ['runner'], startsMachine: true })];
  const request = { folder: bench.folder, steps };
  const here = docker.about;
  for (const changed of [
    { bridge: { subnets: ['192.168.66.0/24'], gateway: '192.168.66.1' } },
    { bridge: { subnets: ['203.0.113.0/24'], gateway: '203.0.113.1' }, isHere: false },
    { rootless: true },
  ]) {
    docker.about = { ...here, ...changed };
    await t.throwsAsync(provision(request, deps), { code: 'DOCKER_UNSUPPORTED' });
    t.deepEqual(log, []);
  }
  const error = await t.throwsAsync(
    provision(request, {
      ...deps,
      docker: Object.assign(docker, { about: { ...here, bridge: { subnets: ['192.168.66.0/25'] } } }),
    }),
    { instanceOf: GocliError },
  );
  t.regex(error.hint ?? '', /"bip"/);
  t.notRegex(error.hint ?? '', /--network/);
  await provision({ ...request, phases: ['runner'] }, deps);
  t.deepEqual(log, ['runner'], 'what starts none is made');
  docker.about = here;
  await provision(request, deps);
  docker.about = { ...here, rootless: true };
  t.false((await provision(request, deps)).changed, 'nor is anything refused where all is made');
  await provision({ ...request, steps: [...steps, fakeStep('images', log)] }, deps);
  t.deepEqual(log, ['runner', 'check', 'images'], 'also beside the result of one that would start one');
});

test('independent steps run side by side', async (t) => {
  const bench = await openBench(t);
  const waiting: (() => void)[] = [];
  const meet = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 2)
        waiting.forEach((go) => {
          go();
        });
    });
  const steps = [fakeStep('components', [], { run: meet }), fakeStep('runner', [], { run: meet })];
  await t.notThrowsAsync(provision({ folder: bench.folder, steps }, bench.deps));
});

test('after a failure, finished steps stay cached and the rest is done', async (t) => {
  const bench = await openBench(t);
  const log: string[] = [];
  const run = (): never => {
    throw new GocliError('COMMAND', 'mkfs failed');
  };
  await t.throwsAsync(
    provision({ folder: bench.folder, steps: diamond(log, { disk: { run } }) }, bench.deps),
    {
      message: 'mkfs failed',
    },
  );
  t.deepEqual(await leftovers(bench), []);
  log.length = 0;
  await provision({ folder: bench.folder, steps: diamond(log) }, bench.deps);
  t.deepEqual(
    log,
    ['disk', 'resolve'].filter((name) => name === 'disk'),
  );
});

test('a failure ends the steps beside it', async (t) => {
  const bench = await openBench(t);
  let ended = false;
  const wait = ({ signal }: { signal: AbortSignal }): Promise<void> =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        ended = true;
        reject(new Error('ended'));
      });
    });
  const fail = (): never => {
    throw new GocliError('DOWNLOAD', 'no network');
  };
  const steps = [fakeStep('components', [], { run: wait }), fakeStep('runner', [], { run: fail })];
  await t.throwsAsync(provision({ folder: bench.folder, steps }, bench.deps), { message: 'no network' });
  t.true(ended);
});

test('an abort ends the run with its reason and leaves nothing behind', async (t) => {
  const bench = await openBench(t);
  const run = async ({
    signal,
    output,
    scratch,
  }: {
    signal: AbortSignal;
    output: string;
    scratch: string;
  }): Promise<void> => {
    await writeFile(join(output, 'half'), '');
    await writeFile(join(scratch, 'half'), '');
    bench.abort.abort(new Error('SIGINT'));
    signal.throwIfAborted();
  };
  const steps = [fakeStep('runner', []), fakeStep('disk', [], { needs: ['runner'], run })];
  await t.throwsAsync(provision({ folder: bench.folder, steps }, bench.deps), { message: 'SIGINT' });
  t.deepEqual(await leftovers(bench), []);
  const [disk, runner] = await planProvision({ folder: bench.folder, steps }, bench.deps).then((plan) =>
    plan.reverse(),
  );
  t.is(disk?.cached, undefined);
  t.not(runner?.cached, undefined);
});

test('a changed value reruns the step and what depends on it, and the plan says why', async (t) => {
  const bench = await openBench(t);
  await provision({ folder: bench.folder, steps: diamond([]) }, bench.deps);
  const log: string[] = [];
  const steps = diamond(log, { components: { values: { go: '1.27' } } });
  const plan = await planProvision({ folder: bench.folder, steps }, bench.deps);
  t.deepEqual(Object.fromEntries(plan.map(({ step, why }) => [step.name, why])), {
    resolve: 'nothing changed',
    components: 'changed: go',
    runner: 'nothing changed',
    disk: 'changed: components',
  });
  await provision({ folder: bench.folder, steps }, bench.deps);
  t.deepEqual(log, ['components', 'disk']);
});

test('a changed file is named by its path below the root', async (t) => {
  const bench = await openBench(t);
  const file = join(bench.folder, 'provision.sh');
  await writeFile(file, 'true');
  const steps = [fakeStep('vm', [], { files: [file] })];
  t.deepEqual(
    (await planProvision({ folder: bench.folder, steps }, bench.deps)).map(({ why }) => why),
    ['no result yet'],
  );
  await provision({ folder: bench.folder, steps }, bench.deps);
  await writeFile(file, 'false');
  const plan = await planProvision({ folder: bench.folder, steps }, bench.deps);
  t.deepEqual(
    plan.map(({ why }) => why),
    ['changed: k8s/1.36/provision.sh'],
  );
});

test('--force reruns a step and all that depends on it', async (t) => {
  const bench = await openBench(t);
  await provision({ folder: bench.folder, steps: diamond([]) }, bench.deps);
  const log: string[] = [];
  await provision({ folder: bench.folder, steps: diamond(log), force: ['components'] }, bench.deps);
  t.deepEqual(log, ['components', 'disk']);
  await t.throwsAsync(
    provision({ folder: bench.folder, steps: diamond(log), force: ['dissk'] }, bench.deps),
    {
      message: '--force: there is no step "dissk". Did you mean "disk"?',
    },
  );
});

test('every word that is no step is told of, and so is a folder that is none', async (t) => {
  const bench = await openBench(t);
  const request = { folder: '/nothing/1', steps: diamond([]), phases: ['dissk', 'x'], force: ['runer'] };
  const { observed } = await t.throwsAsync<GocliError>(planProvision(request, bench.deps));
  for (const said of [
    /--phases: .*"dissk".*"disk"/,
    /--phases: .*"x"/,
    /--force: .*"runner"/,
    /\/nothing\/1/,
  ])
    t.regex(observed ?? '', said);
});

test('--phases runs only the named steps and what they need', async (t) => {
  const bench = await openBench(t);
  const log: string[] = [];
  await provision({ folder: bench.folder, steps: diamond(log), phases: ['runner'] }, bench.deps);
  t.deepEqual(log, ['resolve', 'runner']);
});

test('a volatile step is checked again when a step that needs it runs, and only then', async (t) => {
  const bench = await openBench(t);
  await provision({ folder: bench.folder, steps: diamond([]) }, bench.deps);
  const log: string[] = [];
  const changed = diamond(log, { runner: { values: { files: '2' } } });
  const plan = await planProvision({ folder: bench.folder, steps: changed }, bench.deps);
  t.is(plan.find(({ step }) => step.name === 'resolve')?.why, 'checked again for runner');
  await provision({ folder: bench.folder, steps: changed }, bench.deps);
  t.deepEqual(log, ['resolve', 'runner', 'disk']);
});

test('a volatile step may renew its own input: the result counts for the renewed one', async (t) => {
  const bench = await openBench(t);
  const file = join(bench.folder, 'packages.lock');
  await writeFile(file, 'old');
  const log: string[] = [];
  const steps = diamond(log, { resolve: { files: [file], run: () => writeFile(file, 'new') } });
  await provision({ folder: bench.folder, steps }, bench.deps);
  log.length = 0;
  await provision({ folder: bench.folder, steps }, bench.deps);
  t.deepEqual(log, []);
});

test('a result that is a Docker image is made anew when Docker lost it', async (t) => {
  const bench = await openBench(t);
  const log: string[] = [];
  const run = async ({ output }: { output: string }): Promise<void> => {
    await writeFile(join(output, 'image'), 'gocli/runner:1\n');
    bench.images.add('gocli/runner:1');
  };
  const steps = [fakeStep('runner', log, { run })];
  await provision({ folder: bench.folder, steps }, bench.deps);
  await provision({ folder: bench.folder, steps }, bench.deps);
  t.deepEqual(log, ['runner']);
  bench.images.clear();
  const [planned] = await planProvision({ folder: bench.folder, steps }, bench.deps);
  t.is(planned?.why, 'its image is gone from Docker');
  await provision({ folder: bench.folder, steps }, bench.deps);
  t.deepEqual(log, ['runner', 'runner']);
});

test('a full disk is said to be one, wherever it shows', async (t) => {
  const bench = await openBench(t);
  const failures = [
    new GocliError('COMMAND', 'mmdebstrap failed', { observed: 'dpkg: error: No space left on device' }),
    Object.assign(new Error('write'), { code: 'ENOSPC' }),
    new Error('outer', { cause: new Error('write /x: no space left on device') }),
  ];
  for (const failure of failures) {
    const run = (): never => {
      throw failure;
    };
    const error = await t.throwsAsync(
      provision({ folder: bench.folder, steps: [fakeStep('runner', [], { run })] }, bench.deps),
    );
    t.true(error instanceof GocliError && error.code === 'DISK_FULL');
  }
});

test('two runs of one step at the same time do the work once', async (t) => {
  const bench = await openBench(t);
  const log: string[] = [];
  const run = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));
  const steps = [fakeStep('components', log, { run })];
  await Promise.all([1, 2].map(() => provision({ folder: bench.folder, steps }, bench.deps)));
  t.deepEqual(log, ['components']);
  const waited = bench.events.filter((event) => event.type === 'step-progress').map(({ message }) => message);
  t.deepEqual(waited, ['waiting for another operation of this program, which does the same']);
});

test('the time of the last real run becomes the next estimate', async (t) => {
  const bench = await openBench(t);
  await provision({ folder: bench.folder, steps: [fakeStep('runner', [])] }, bench.deps);
  bench.events.length = 0;
  await provision({ folder: bench.folder, steps: [fakeStep('runner', [])], force: ['runner'] }, bench.deps);
  const [start] = bench.events.filter((event) => event.type === 'step-start');
  t.is(typeof start?.estimateSeconds, 'number');
});

test('the three newest results of a step are kept, and folders of dead processes go', async (t) => {
  const bench = await openBench(t);
  const base = join(bench.deps.paths.cache, 'provision', 'runner');
  // Larger than any process id of Linux (PID_MAX_LIMIT is 2^22).
  const dead = join(base, 'work-999999999-x');
  await mkdir(dead, { recursive: true });
  for (const version of ['1', '2', '3', '4', '5']) {
    await provision(
      { folder: bench.folder, steps: [fakeStep('runner', [], { values: { version } })] },
      bench.deps,
    );
  }
  t.is((await readdir(base)).length, 3);
  t.false(existsSync(dead));
});

test('what another provider of the checkout needs is kept, however old it is', async (t) => {
  const bench = await openBench(t);
  const base = join(bench.deps.paths.cache, 'provision', 'runner');
  /** Whose result depends on the provider, as that of most steps does. */
  const stepOf = (version: string): ProvisionStep => ({
    ...fakeStep('runner', []),
    inputs: ({ provider }) => ({
      values: { name: provider.name, version: provider.name === 'k8s-1.36' ? version : '0' },
      files: [],
    }),
  });
  const other = join(bench.root, 'k8s', '1.37');
  await mkdir(other, { recursive: true });
  await writeFile(join(other, 'provider.yaml'), PROVIDER_YAML.replace('1.36', '1.37'));
  const first = await provision({ folder: other, steps: [stepOf('0')] }, bench.deps);
  const key = first.results.get('runner')?.key ?? '';
  for (const version of ['1', '2', '3', '4', '5'])
    await provision({ folder: bench.folder, steps: [stepOf(version)] }, bench.deps);
  t.is((await readdir(base)).length, 4);
  t.true(existsSync(join(base, key)));

  // While one cannot be read, what it needs cannot be told.
  await writeFile(join(other, 'provider.yaml'), 'name: [');
  for (const version of ['6', '7'])
    await provision({ folder: bench.folder, steps: [stepOf(version)] }, bench.deps);
  t.is((await readdir(base)).length, 6);
});

/** A step whose result is a Docker image. */
function imageStep(bench: Bench, name: 'runner' | 'commit', image: string): ProvisionStep {
  const run = async ({ output }: { output: string }): Promise<void> => {
    await writeFile(join(output, 'image'), image);
    bench.images.add(image);
  };
  return fakeStep(name, [], { values: { image }, run });
}

test('Docker images of results that are not kept go too, but for those in use', async (t) => {
  const bench = await openBench(t);
  for (const image of ['old', 'in-use', 'c', 'd', 'e']) {
    await provision({ folder: bench.folder, steps: [imageStep(bench, 'runner', image)] }, bench.deps);
  }
  t.deepEqual([...bench.images], ['in-use', 'c', 'd', 'e']);
});

test('the latest tag follows the recipe, also back to an older one', async (t) => {
  const bench = await openBench(t);
  for (const image of ['a', 'b', 'a']) {
    bench.images.delete('gocli/k8s-1.36:latest -> a');
    await provision({ folder: bench.folder, steps: [imageStep(bench, 'commit', image)] }, bench.deps);
  }
  t.is(
    [...bench.images].filter((name) => name.startsWith('gocli/k8s-1.36:latest')).at(-1),
    'gocli/k8s-1.36:latest -> a',
  );
});

test('one whose variables are missing keeps what was made for it, and the others are tidied all the same', async (t) => {
  const bench = await openBench(t);
  const store = new Store(bench.deps.paths);
  const other = join(bench.root, 'vm', 'mine');
  await mkdir(other, { recursive: true });
  await writeFile(
    join(other, 'provider.yaml'),
    PROVIDER_YAML.replace('k8s-1.36', 'vm-mine')
      .replace(/kubernetes: .*/, 'vm: { user: me }\nenvironment: { SIZE: }')
      .replace('3072M', '"${SIZE}"'),
  );
  const publish = async (digit: string, provider?: string): Promise<void> => {
    await using workspace = await store.workspace('runner');
    const about = provider === undefined ? {} : { provider };
    await store.publish('runner', workspace, { hash: digit.repeat(64), seconds: 1, inputs: {}, ...about });
    const long = new Date(Date.now() - 3_600_000 + Number(digit) * 1000);
    await utimes(join(store.folder('runner', digit.repeat(64)), 'result.json'), long, long);
  };
  await publish('1', 'vm-mine');
  await publish('2');
  for (const digit of ['3', '4', '5', '6']) await publish(digit, 'k8s-1.36');
  const keptWith = async (env: Record<string, string>): Promise<string> => {
    const request = { folder: bench.folder, steps: [fakeStep('runner', [])], settings: { env } };
    await provision(request, bench.deps);
    const keys = (await store.all('runner')).map(({ record }) => record.hash);
    const mine = keys.filter((key) => /^(.)\1*$/.test(key));
    return mine
      .map((key) => key.slice(0, 1))
      .sort()
      .join('');
  };
  t.is(await keptWith({}), '1256');
  t.is(await keptWith({ SIZE: '1024M' }), '56');
});
