import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { FACTS_LABEL } from '../../../../gocli-ts/src/provider/facts.ts';
import { provision } from '../../../../gocli-ts/src/provision/provision.ts';
import type { StepName } from '../../../../gocli-ts/src/provision/step.ts';
import { commitStep } from '../../../../gocli-ts/src/provision/steps/commit.ts';
import { INVENTORY_FILE } from '../../../../gocli-ts/src/provision/steps/seal.ts';
import { vmStep } from '../../../../gocli-ts/src/provision/steps/vm.ts';
import { FakeDocker } from '../../../fakes/docker.ts';
import { FakeHost } from '../../../fakes/host.ts';
import { type Bench, fakeStep, openBench, PROVIDER_YAML } from '../_bench.ts';

const PLAIN = PROVIDER_YAML.replace('k8s-1.36', 'vm-a').replace(/^kubernetes.*$/m, 'vm: { user: debian }');
const BUILD = JSON.stringify({ GoVersion: 'go1.26', Path: 'kubectl', Main: { Path: 'x', Version: 'v1' } });

interface Committed {
  /** Files of each layer of the image, in order: the step they are of, and their path there. */
  readonly layers: readonly (readonly string[])[];
  /** Programs that the bill of materials was asked for. */
  readonly asked: readonly string[];
  /** Instructions for labels. */
  readonly labels: string;
}

/** A path below the results of a step: the step, and the path there. */
function inStep(path: string): string {
  return path.replace(/.*\/provision\/([a-z]+)\/[^/]+/, '$1');
}

/** Commits an image of what steps left behind. */
async function commit(t: ExecutionContext, folder: string, bench: Bench): Promise<Committed> {
  const docker = new FakeDocker();
  const { id } = docker.addImage('gocli/runner:test');
  const host = new FakeHost().respond(([program]) => (program === 'go' ? { stdout: BUILD } : undefined));
  host.respond(([program], { stdout }) => {
    if (program === 'tar') stdout?.end();
    return undefined;
  });
  const texts: Partial<Record<StepName, readonly [string, string]>> = {
    runner: ['image', `${id}\n`],
    seal: [INVENTORY_FILE, '[]'],
  };
  const made = (['runner', 'components', 'tiny', 'disk', 'vm', 'seal'] as const).map((name) =>
    fakeStep(name, [], {
      run: async ({ output }) => {
        const [file, text] = texts[name] ?? ['x', ''];
        await writeFile(join(output, file), text);
      },
    }),
  );
  await provision({ folder, steps: [...made, commitStep] }, { ...bench.deps, host, docker });
  const packed = host.calls.filter(({ argv }) => argv[0] === 'tar').map(({ argv }) => argv);
  return {
    layers: packed.map((argv) => argv.slice(argv.indexOf('-C')).map(inStep)),
    asked: host.calls.flatMap(({ argv }) => (argv[0] === 'go' ? [inStep(argv.at(-1) ?? '')] : [])),
    labels: JSON.stringify(docker.calls.filter(({ method }) => method === 'images.commit').at(-1)?.args),
  };
}

async function plain({ root }: Bench): Promise<string> {
  const folder = join(root, 'vm', 'a');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'provider.yaml'), PLAIN);
  return folder;
}

/** Words of both layers: all that is small, with what a kind has of its own in the first one, and the disk. */
function layersWith(own: readonly string[], scratch: string): string[][] {
  const small = [['disk', 'vmlinuz', 'initrd.img'], ['tiny', 'tiny.img'], own, [scratch, 'sbom.json']];
  return [small.flatMap((words) => ['-C', ...words]), ['-C', 'vm', 'disk.qcow2']];
}

test('the image of a node has kubectl beside the disk', async (t) => {
  const bench = await openBench(t);
  const { layers, asked, labels } = await commit(t, bench.folder, bench);
  t.deepEqual(layers, layersWith(['components/bin', 'kubectl'], layers[0]?.at(-2) ?? ''));
  t.deepEqual(asked, ['components/bin/kubectl']);
  t.regex(labels, /Node disk, qemu, dnsmasq and registry of a local Kubernetes cluster/);
  t.true(labels.includes(FACTS_LABEL));
});

test('what a cluster is warmed up with is in the image, and is another image when it changes', async (t) => {
  const bench = await openBench(t);
  await writeFile(join(bench.folder, 'provider.yaml'), `${PROVIDER_YAML}warm: [kubectl top nodes]\n`);
  const file = join(bench.folder, 'warm.yaml');
  const keys: string[] = [];
  for (const name of ['a', 'b']) {
    await writeFile(file, `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\n`);
    const { layers, labels } = await commit(t, bench.folder, bench);
    t.true(layers[0]?.join(' ').includes(`-C ${bench.folder} warm.yaml`));
    t.true(labels.includes('kubectl top nodes'));
    keys.push(/io\.gocli\.recipe\W+(\w+)/.exec(labels)?.[1] ?? '');
  }
  t.regex(keys.join(' '), /^\w{64} \w{64}$/);
  t.not(keys[0], keys[1]);
});

test('that of plain machines has the schema of cloud-init there, and no program', async (t) => {
  const bench = await openBench(t);
  const { layers, asked, labels } = await commit(t, await plain(bench), bench);
  t.deepEqual(layers, layersWith(['disk', 'cloud-config.json'], layers[0]?.at(-2) ?? ''));
  t.deepEqual(asked, []);
  t.regex(labels, /Disk, qemu and dnsmasq of plain virtual machines/);
});

test('plain machines that run nothing do not boot for it', async (t) => {
  const bench = await openBench(t);
  const steps = [
    fakeStep('runner', []),
    fakeStep('tiny', []),
    fakeStep('disk', [], { run: ({ output }) => writeFile(join(output, 'disk.qcow2'), 'disk') }),
    vmStep,
  ];
  const { results } = await provision({ folder: await plain(bench), steps }, bench.deps);
  t.truthy(results.get('vm'));
});
