/** What is generated for another program is read by that program itself, whatever names and numbers are in it. */
import { execFileSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';
import { renderNodeRules } from '../../gocli-ts/src/kubernetes/node-network.ts';
import { PORTS } from '../../gocli-ts/src/kubernetes/ports.ts';
import { NODE_SUBNET } from '../../gocli-ts/src/network/addresses.ts';
import { renderDnsmasq, renderNat } from '../../gocli-ts/src/network/network-files.ts';
import { quote, quoteAll } from '../../gocli-ts/src/shared/quote.ts';
import { openSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { tinyImage } from '../helpers/tiny-image.ts';

const LABELS = { 'io.gocli.test': `parsers-${process.pid}` };

let sandbox: Sandbox;
/** A container with the programs of the runner, which nobody else reaches. */
let container: string;

test.before('a container of the runner', async () => {
  sandbox = await openSandbox();
  container = await sandbox.docker.containers.create({
    name: `${sandbox.name()}-parsers`,
    image: await tinyImage(sandbox.docker),
    labels: LABELS,
    network: 'none',
    // nft asks the kernel, also where it only checks.
    capabilities: ['NET_ADMIN', 'SETUID', 'SETGID'],
    noNewPrivileges: true,
    devices: [],
    entrypoint: ['sleep'],
    command: ['600'],
  });
  await sandbox.docker.containers.start(container);
});

test.after.always('nothing stays', async () => {
  for (const { id } of await sandbox.docker.containers.list(LABELS))
    await sandbox.docker.containers.remove(id);
  await sandbox.close();
});

/** Writes texts to files 0, 1 … in the container and has all of them checked; `$1` is the file. */
async function check(texts: readonly string[], command: string): Promise<string> {
  const { containers } = sandbox.docker;
  await containers.putFiles(
    container,
    '/tmp',
    texts.map((content, at) => ({ path: `checked/${at.toFixed(0)}`, content })),
  );
  const script = `for file in /tmp/checked/*; do set -- "$file"; ${command} || echo "refused: $(cat "$file")"; done; rm -r /tmp/checked`;
  const signal = AbortSignal.timeout(60_000);
  const { stdout, stderr } = await containers.exec(container, ['sh', '-c', script], { signal });
  return /refused/.test(stdout) ? `${stdout}${stderr}` : '';
}

const nodes = [1, 2, 9, 10, 99];

test.serial('dnsmasq reads the configuration of any number of nodes', async (t) => {
  const texts = nodes.map((count) =>
    renderDnsmasq({
      nodes: count,
      subnet: NODE_SUBNET,
      networks: [NODE_SUBNET, '10.96.0.0/12', '172.20.0.0/17', '10.64.0.0/10'],
    }),
  );
  t.is(await check(texts, 'dnsmasq --test --conf-file="$1" 2>/dev/null'), '');
  t.regex(
    await check(['dhcp-host=no:mac:here,x\n'], 'dnsmasq --test --conf-file="$1" 2>/dev/null'),
    /refused/,
  );
});

test.serial('nft reads the rules of the network and of every node', async (t) => {
  const subnets = [
    { podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12' },
    { podSubnet: '172.20.0.0/16', serviceSubnet: '10.0.0.0/24' },
  ];
  const texts = [
    ...nodes.map((count) => renderNat({ nodes: count, ports: PORTS, subnet: '10.5.0.0/24' })),
    ...nodes.flatMap((index) =>
      subnets.map((subnet) => renderNodeRules({ ...subnet, subnet: NODE_SUBNET, index })),
    ),
  ];
  t.is(await check(texts, 'nft -c -f "$1" 2>/dev/null'), '');
  t.regex(await check(['table ip x { chain y { bogus } }\n'], 'nft -c -f "$1" 2>/dev/null'), /refused/);
});

test.serial('a shell takes every word for what it was, and every line for a whole one', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1, maxLength: 4 }),
      (words) => {
        // No argument of a program holds NUL, and half of a pair of surrogates is no text.
        const given = words.map((word) => Buffer.from(word.replaceAll('\0', '')).toString());
        const line = `printf '%s\\0' ${quoteAll(given)}; value=${quote(given[0] ?? '')}; printf %s "$value"`;
        execFileSync('bash', ['-n'], { input: line });
        const said = execFileSync('bash', ['-s'], { input: line }).toString();
        t.deepEqual(said.split('\0'), [...given, given[0]]);
      },
    ),
    { numRuns: 60 },
  );
});
