import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FACTS_LABEL } from '../../../../gocli-ts/src/provider/facts.ts';
import { planProvision } from '../../../../gocli-ts/src/provision/provision.ts';
import { IMAGE_FILE } from '../../../../gocli-ts/src/provision/step.ts';
import { provisionSteps } from '../../../../gocli-ts/src/provision/steps.ts';
import { Store } from '../../../../gocli-ts/src/provision/result-store.ts';
import { CHECKOUT } from '../../../helpers/cli.ts';
import { makeConsole, type Console } from '../../../helpers/console.ts';
import { VM_FACTS } from '../../../helpers/engine.ts';

/** Every step of provisioning k8s-1.36 has a result; the image lacks only its name. */
async function provisioned({ engine, context }: Console): Promise<void> {
  const root = join(context.checkout, 'cluster-provision');
  await cp(join(CHECKOUT, 'cluster-provision'), root, { recursive: true });
  const image = engine.docker.addImage('made', { [FACTS_LABEL]: JSON.stringify(VM_FACTS) });
  const request = { folder: join(root, 'k8s', '1.36'), steps: provisionSteps(false) };
  const store = new Store(engine.paths);
  // From the first on: the key of a step is made of the keys of those that it needs, not of their results.
  for (const { step, key, digests } of await planProvision(request, engine)) {
    await using workspace = await store.workspace(step.name);
    if (step.name === 'commit') await writeFile(join(workspace.output, IMAGE_FILE), image.id);
    await store.publish(step.name, workspace, { hash: key, seconds: 0, inputs: digests });
  }
}

test('a start that provisions its image first has one result all the same', async (t) => {
  const console = await makeConsole(t);
  await provisioned(console);
  const { code, stdout, stderr } = await console.run('run', 'k8s-1.36', '-o', 'json');
  t.is(code, 0, stderr);
  t.regex(stderr, /Image gocli\/k8s-1\.36:latest is not there, so k8s-1\.36 is provisioned first/);
  t.like(JSON.parse(stdout), { version: 1, name: 'k8s-1.36', started: true });
});
