import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isCode } from '../../../gocli-ts/src/errors/error.ts';
import { identifySteps } from '../../../gocli-ts/src/provision/plan-steps.ts';
import { readRecipe } from '../../../gocli-ts/src/provision/recipe.ts';
import { withDependents } from '../../../gocli-ts/src/provision/graph.ts';
import { provisionSteps } from '../../../gocli-ts/src/provision/steps.ts';
import { temporaryFolder } from './_bench.ts';

// The walk-through of CONTRIBUTING, "A manifest", with the committed providers.

const steps = provisionSteps(false);

/** A copy of what the committed providers are made from. */
async function copied(t: ExecutionContext): Promise<string> {
  const root = join(await temporaryFolder(t), 'cluster-provision');
  await cp('cluster-provision', root, { recursive: true });
  return root;
}

const MANIFEST = `apiVersion: v1
kind: Pod
metadata: { name: mine }
spec:
  containers:
    - name: mine
      image: quay.io/me/mine:1
`;

async function keys(folder: string): Promise<Map<string, string>> {
  const identities = await identifySteps(steps, await readRecipe(folder));
  return new Map([...identities].map(([name, { key }]) => [name, key]));
}

for (const version of ['1.36', '1.37']) {
  test(`${version}: a manifest and its image make vm and what needs it run, and nothing else`, async (t) => {
    const folder = join(await copied(t), 'k8s', version);
    const before = await keys(folder);
    await mkdir(join(folder, 'manifests'), { recursive: true });
    await writeFile(join(folder, 'manifests', '50-mine.yaml'), MANIFEST);
    const refused = await t.throwsAsync(readRecipe(folder));
    t.true(isCode(refused, 'BAD_FILE'));
    t.regex(refused.message, /50-mine\.yaml:7:14: no node has the image quay\.io\/me\/mine:1\./);
    await writeFile(join(folder, 'pre-pull-images'), 'quay.io/me/mine:1\n');
    const now = await keys(folder);
    const changed = [...now].filter(([name, key]) => before.get(name) !== key).map(([name]) => name);
    t.deepEqual(new Set(changed), withDependents(steps, ['vm']));
  });
}

test('a provider of its own manifests has those of the one it extends, too; the same name takes the place', async (t) => {
  const root = await copied(t);
  const folder = join(root, 'k8s', '1.37');
  await mkdir(join(folder, 'manifests'), { recursive: true });
  const [vm] = steps.filter(({ name }) => name === 'vm');
  const filesOf = async (): Promise<string[]> => {
    const inputs = await vm?.inputs(await readRecipe(folder));
    return (inputs?.files ?? [])
      .map((file) => file.replace(`${root}/k8s/`, ''))
      .filter((file) => file.includes('manifests'));
  };
  await copyFile(
    'cluster-provision/k8s/1.36/manifests/05-dns-nodeport.yaml',
    join(folder, 'manifests', '05-dns-nodeport.yaml'),
  );
  t.deepEqual(await filesOf(), [
    '1.37/manifests/05-dns-nodeport.yaml',
    '1.36/manifests/10-storage.yaml',
    '1.36/manifests/20-metrics-server.yaml',
  ]);
});
