import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FACTS_LABEL } from '../../../../gocli-ts/src/provider/facts.ts';
import { LABEL } from '../../../../gocli-ts/src/place/labels.ts';
import { makeConsole } from '../../../helpers/console.ts';
import { VM_FACTS } from '../../../helpers/engine.ts';

test('providers are those of the checkout and those that have an image', async (t) => {
  const console = await makeConsole(t);
  const folder = join(console.context.checkout, 'cluster-provision', 'k8s', '1.36');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'provider.yaml'), 'name: k8s-1.36\n');
  const labels = {
    [LABEL.provider]: 'vm-1',
    [FACTS_LABEL]: JSON.stringify(VM_FACTS),
    'io.gocli.component.qemu': '10.0',
  };
  console.engine.docker.addImage('gocli/vm-1:latest', labels);

  t.is((await console.run('provider', 'ls', '-o', 'name')).stdout, 'k8s-1.36\nvm-1\n');
  const table = (await console.run('provider', 'ls')).stdout;
  t.regex(table, /^k8s-1\.36 +not provisioned$/m);
  t.regex(table, /^vm-1 +gocli\/vm-1:latest +1\.0 KiB/m);

  const shown = await console.run('provider', 'show', 'vm-1');
  t.is(shown.code, 0, shown.stderr);
  t.regex(shown.stdout, /^qemu +10\.0$/m);
  t.regex(shown.stdout, /^Default plan +1 node, 1 vCPUs, 128M$/m);

  const absent = await console.run('provider', 'show', 'k8s-1.36');
  t.is(absent.code, 7);
  t.regex(absent.stderr, /gocli provision .*k8s\/1\.36/);
  const unknown = await console.run('provider', 'show', 'k8s-1.63');
  t.is(unknown.code, 4);
  t.regex(unknown.stderr, /Did you mean "k8s-1\.36"\?/);
});
