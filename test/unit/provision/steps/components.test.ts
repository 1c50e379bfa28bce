import { writeFileSync } from 'node:fs';
import { access, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { provision } from '../../../../gocli-ts/src/provision/provision.ts';
import { componentsStep, versionVariables } from '../../../../gocli-ts/src/provision/steps/components.ts';
import { FakeHost } from '../../../fakes/host.ts';
import { type Bench, openBench, PROVIDER_YAML } from '../_bench.ts';

const KUBERNETES = `
components:
  - { name: kubernetes, names: [kubelet] }
  - { name: etcd }
  - { name: pause, c: { from: kubernetes, module: k8s.io/kubernetes, file: build/pause.c, version: v3.10.2 } }
`;
const tools: Record<string, string> = {
  kubernetes:
    '{"ImportPath":"k8s.io/kubernetes/cmd/kubectl","Module":{"Path":"k8s.io/kubernetes","Version":"v1.36.3"}}',
  etcd: '{"ImportPath":"go.etcd.io/etcd/server/v3","Module":{"Path":"go.etcd.io/etcd/server/v3","Version":"v3.6.8"}}',
};

/** A host whose Go and C compiler make what they are asked for, as empty files. */
function builder(kubernetes = 'v1.36.3'): FakeHost {
  return new FakeHost().respond((argv, { cwd = '' }) => {
    if (argv[1] === 'list' && argv.includes('-m')) return { stdout: `${kubernetes} /modules/kubernetes\n` };
    if (argv[1] === 'env') return { stdout: 'go1.26.8\n' };
    if (argv[1] === '-dumpfullversion') return { stdout: '14.2.0\n' };
    if (argv[1] === 'list') return { stdout: tools[cwd.replace(/.*\//, '')] ?? '' };
    if (argv.includes('-o')) writeFileSync(argv[argv.indexOf('-o') + 1] ?? '', argv.join(' '));
    return {};
  });
}

async function open(t: ExecutionContext, host: FakeHost): Promise<Bench> {
  const bench = await openBench(t);
  await writeFile(join(bench.folder, 'provider.yaml'), PROVIDER_YAML + KUBERNETES);
  for (const folder of [join(bench.folder, 'kubernetes'), join(bench.root, 'components', 'etcd')]) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'go.mod'), 'module x\n');
  }
  await writeFile(join(bench.folder, 'kubernetes', 'main.go'), 'package main\n');
  return { ...bench, deps: { ...bench.deps, host } };
}

test('every program is built where the result wants it, with its version noted', async (t) => {
  const host = builder();
  const bench = await open(t, host);
  const { results } = await provision({ folder: bench.folder, steps: [componentsStep()] }, bench.deps);

  const built = host.calls.filter(({ argv }) => argv.includes('-o'));
  const names = built.map(({ argv }) => argv[argv.indexOf('-o') + 1]?.replace(/.*\//, ''));
  t.deepEqual(names.sort(), ['etcd', 'kubectl', 'kubernetes', 'pause']);
  const folder = results.get('components')?.result.folder ?? '';
  t.deepEqual(JSON.parse(await readFile(join(folder, 'versions.json'), 'utf8')), {
    etcd: 'v3.6.8',
    kubectl: 'v1.36.3',
    kubernetes: 'v1.36.3',
    pause: 'v3.10.2',
  });
  await t.notThrowsAsync(access(join(folder, 'bin')));
});

/** Programs that a host was asked to build. */
function builtBy({ calls }: FakeHost): string[] {
  const outputs = calls.map(({ argv }) => (argv.includes('-o') ? (argv[argv.indexOf('-o') + 1] ?? '') : ''));
  return outputs.flatMap((path) => (path === '' ? [] : [path.replace(/.*\//, '')])).sort();
}

test('what did not change is taken from an earlier result, of another version, too', async (t) => {
  const first = await open(t, builder());
  let go = 'go1.26.8';
  const made = async (folder: string, force: readonly 'components'[] = []) => {
    const host = builder(folder.endsWith('1.37') ? 'v1.37.2' : undefined);
    host.respond((argv) => (argv[1] === 'env' ? { stdout: `${go}\n` } : undefined));
    const { results } = await provision(
      { folder, steps: [componentsStep()], force },
      { ...first.deps, host },
    );
    const result = results.get('components')?.result.folder ?? '';
    const { ino } = await stat(join(result, 'bin', 'etcd'));
    return {
      result,
      ino,
      built: builtBy(host),
      versions: await readFile(join(result, 'versions.json'), 'utf8'),
    };
  };
  const whole = await made(first.folder);
  t.deepEqual(whole.built, ['etcd', 'kubectl', 'kubernetes', 'pause']);

  await writeFile(join(first.folder, 'kubernetes', 'main.go'), 'package main // changed\n');
  const changed = await made(first.folder);
  t.deepEqual(changed.built, ['kubectl', 'kubernetes', 'pause'], 'pause is of the module of Kubernetes');
  t.is(changed.ino, whole.ino);
  t.is(changed.versions, whole.versions);

  const other = join(first.root, 'k8s', '1.37');
  await mkdir(join(other, 'kubernetes'), { recursive: true });
  await writeFile(
    join(other, 'provider.yaml'),
    (PROVIDER_YAML + KUBERNETES).replaceAll('1.36', '1.37').replace('1.37.3', '1.37.2'),
  );
  await writeFile(join(other, 'kubernetes', 'go.mod'), 'module x\n');
  await writeFile(join(other, 'kubernetes', 'main.go'), 'package main\n');
  const second = await made(other);
  t.deepEqual(second.built, ['kubectl', 'kubernetes', 'pause']);
  t.is(second.ino, whole.ino);

  go = 'go1.26.9';
  await writeFile(join(other, 'kubernetes', 'main.go'), 'package main // changed\n');
  t.deepEqual(
    (await made(other)).built,
    ['etcd', 'kubectl', 'kubernetes', 'pause'],
    'another compiler of Go',
  );
  t.deepEqual(
    (await made(other, ['components'])).built,
    ['etcd', 'kubectl', 'kubernetes', 'pause'],
    'forced',
  );
});

test('what was edited while it was built is not taken for what it was', async (t) => {
  const host = builder();
  const bench = await open(t, host);
  const file = join(bench.root, 'components', 'etcd', 'go.mod');
  const text = await readFile(file, 'utf8');
  host.respond((argv) => {
    if (argv.at(-2)?.endsWith('/etcd') === true) writeFileSync(file, 'module edited\n');
    return undefined;
  });
  await provision({ folder: bench.folder, steps: [componentsStep()] }, bench.deps);
  await writeFile(file, text);
  await writeFile(join(bench.folder, 'kubernetes', 'main.go'), 'package main // changed\n');
  const again = builder();
  await provision({ folder: bench.folder, steps: [componentsStep()] }, { ...bench.deps, host: again });
  t.true(builtBy(again).includes('etcd'));
});

test('a program that is gone from an earlier result is built, and that one stays as it is', async (t) => {
  const bench = await open(t, builder());
  const { results } = await provision({ folder: bench.folder, steps: [componentsStep()] }, bench.deps);
  const bin = join(results.get('components')?.result.folder ?? '', 'bin');
  const before = await readFile(join(bin, 'kubernetes'), 'utf8');
  await rm(join(bin, 'kubectl'));
  await writeFile(join(bench.root, 'components', 'etcd', 'go.mod'), 'module y\n');
  const host = builder();
  await provision({ folder: bench.folder, steps: [componentsStep()] }, { ...bench.deps, host });
  t.deepEqual(builtBy(host), ['etcd', 'kubectl', 'kubernetes']);
  t.is(await readFile(join(bin, 'kubernetes'), 'utf8'), before);
});

test('Go is told to change no file, to fetch no other Go and to leave out cgo', async (t) => {
  const host = builder();
  const bench = await open(t, host);
  await provision({ folder: bench.folder, steps: [componentsStep()] }, bench.deps);
  for (const { argv, options } of host.calls.filter((call) => call.argv[0] === 'go')) {
    t.like(options.env, { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off' }, argv.join(' '));
    t.true(options.env?.['GOFLAGS']?.includes('-mod=readonly'));
  }
});

test('another Kubernetes in go.mod than in provider.yaml is an error', async (t) => {
  const bench = await open(t, builder('v1.36.4'));
  const error = await t.throwsAsync(
    provision({ folder: bench.folder, steps: [componentsStep()] }, bench.deps),
  );
  t.true(isCode(error, 'BAD_FILE'));
  t.regex(error.message, /1\.36\.3.*v1\.36\.4/);
});

test('a component without a module is named', async (t) => {
  const bench = await open(t, builder());
  const text = `${PROVIDER_YAML}components: [{ name: nothing }]\n`;
  await writeFile(join(bench.folder, 'provider.yaml'), text);
  const error = await t.throwsAsync(
    provision({ folder: bench.folder, steps: [componentsStep()] }, bench.deps),
  );
  t.true(isCode(error, 'BAD_FILE'));
  t.regex(error.message, /"nothing"/);
});

test('without Go nothing is built', async (t) => {
  const host = builder();
  host.missing.add('go');
  const bench = await open(t, host);
  const error = await t.throwsAsync(
    provision({ folder: bench.folder, steps: [componentsStep()] }, bench.deps),
  );
  t.true(isCode(error, 'TOOL_MISSING'));
});

test('a C library without headers is said to be missing', async (t) => {
  const host = builder().respond((argv) =>
    argv[0] === 'gcc'
      ? { exitCode: 1, stderr: 'pause.c:21:10: fatal error: stdio.h: No such file or directory' }
      : undefined,
  );
  const bench = await open(t, host);
  const error = await t.throwsAsync(
    provision({ folder: bench.folder, steps: [componentsStep()] }, bench.deps),
  );
  t.true(isCode(error, 'TOOL_MISSING') && error.hint?.includes('libc6-dev'));
});

test('programs of Kubernetes know their version', (t) => {
  t.deepEqual(versionVariables('1.36.3'), {
    'k8s.io/component-base/version.gitVersion': 'v1.36.3',
    'k8s.io/component-base/version.gitMajor': '1',
    'k8s.io/component-base/version.gitMinor': '36',
    'k8s.io/component-base/version.gitTreeState': 'clean',
  });
});
