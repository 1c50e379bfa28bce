import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { LABEL } from '../../../../gocli-ts/src/place/labels.ts';
import { forgetProxy, tellProxy } from '../../../../gocli-ts/src/provision/build-machine/proxy.ts';
import type { BuildPart } from '../../../../gocli-ts/src/provision/build-machine/cloud-init.ts';
import { readRecipe } from '../../../../gocli-ts/src/provision/recipe.ts';
import { parseSite } from '../../../../gocli-ts/src/provider/site.ts';
import type { Settings } from '../../../../gocli-ts/src/provider/settings.ts';
import type { SshConnection } from '../../../../gocli-ts/src/ssh/interface.ts';
import { KNOWN } from '../../../../gocli-ts/src/vm/told-shell.ts';
import { CHECKOUT } from '../../../helpers/cli.ts';
import { makeEngine } from '../../../helpers/engine.ts';

const NETWORK = { id: 'network', name: 'n', labels: {} };
const NODE = { id: 'node', name: 'm', labels: { [LABEL.node]: 'node01' } };

/** What the machine is told, as scripts, and how often it was connected to. */
async function told(
  t: ExecutionContext,
  provider: string,
  settings: Settings,
  parts: readonly BuildPart[] = [],
) {
  const engine = await makeEngine(t);
  const recipe = await readRecipe(`cluster-provision/${provider}`, settings);
  const scripts: string[] = [];
  const run: SshConnection['run'] = (_, options) => {
    scripts.push(typeof options?.stdin === 'string' ? options.stdin : '');
    return Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
  };
  const node: SshConnection = { run, exec: run, [Symbol.asyncDispose]: () => Promise.resolve() };
  let connected = 0;
  const connect = (): Promise<SshConnection> => {
    connected += 1;
    return Promise.resolve(node);
  };
  const containers = { containers: [NETWORK, NODE] };
  const proxied = await tellProxy({ ...engine, recipe }, containers, parts, connect, engine.signal);
  return { proxied, scripts, connected, node, engine };
}

test('the machine that an image is built in learns of the proxy, and is to forget it', async (t) => {
  const site = parseSite(
    'apiVersion: gocli.io/v1\nkind: Site\nproxy: { https: "http://p.example:1" }\n',
    's',
  );
  const { proxied, scripts, node, engine } = await told(t, 'vm/debian-13', { env: {}, site });
  t.true(proxied);
  t.regex(scripts[0] ?? '', /HTTPS_PROXY=http:\/\/p\.example:1/);
  t.regex(scripts[0] ?? '', /NO_PROXY=[^\n]*192\.168\.66\.0\/24/);
  await forgetProxy(node, engine.signal);
  t.notRegex(scripts[1] ?? '', /p\.example/);
  t.regex(scripts[1] ?? '', /rm -f \/etc\/apt\/apt\.conf\.d\/95gocli-proxy/);
});

test('the machine of a node learns of it for a provision.sh, which may download', async (t) => {
  const settings = { env: { HTTPS_PROXY: 'http://p.example:1' } };
  const { proxied, scripts } = await told(t, 'k8s/1.36', settings, [
    { userData: undefined, metaData: undefined, script: '/x/provision.sh' },
  ]);
  t.true(proxied);
  t.regex(scripts[0] ?? '', /HTTPS_PROXY=http:\/\/p\.example:1/);
});

test('without a proxy, and for nodes on which nothing is run, there is no further connection', async (t) => {
  for (const [provider, env] of [
    ['vm/debian-13', {}],
    ['k8s/1.36', { HTTP_PROXY: 'http://p' }],
  ] as const) {
    const { proxied, connected } = await told(t, provider, { env });
    t.false(proxied);
    t.is(connected, 0, provider);
  }
});

test('a node has the folder for what a machine is told', async (t) => {
  const setUp = await readFile(`${CHECKOUT}cluster-provision/guest/debian-13/setup.sh`, 'utf8');
  const made = setUp.split('\n').filter((line) => line.startsWith('mkdir -p'));
  t.true(
    made.some((line) => line.split(' ').includes(dirname(KNOWN))),
    KNOWN,
  );
});
