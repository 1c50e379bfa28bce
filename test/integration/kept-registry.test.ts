import test, { type ExecutionContext } from 'ava';
import { type CliResult, outputOf } from '../helpers/cli.ts';
import { openSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { tinyImage } from '../helpers/tiny-image.ts';

let sandbox: Sandbox;
let image: string;

test.before('a tiny provider image that no other file makes templates of', async () => {
  sandbox = await openSandbox();
  image = await tinyImage(sandbox.docker, { kernelArgs: ['gocli.test=kept'] });
});

test.after.always('nothing stays', () => sandbox.close());

function ended(t: ExecutionContext, code: number, result: CliResult): void {
  t.is(result.exitCode, code, outputOf(result));
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const EMPTY = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';

async function registryOf(name: string): Promise<string> {
  return `http://127.0.0.1:${(await sandbox.cli('ports', 'registry', '--name', name)).stdout.trim()}`;
}

/** Pushes an image without layers, `app:v1` (OCI distribution, "Pushing a blob monolithically"). */
async function push(name: string): Promise<void> {
  const base = await registryOf(name);
  const opened = await fetch(`${base}/v2/app/blobs/uploads/`, { method: 'POST' });
  const at = new URL(opened.headers.get('location') ?? '', base);
  at.searchParams.set('digest', EMPTY);
  const octets = { 'Content-Type': 'application/octet-stream' };
  await fetch(`${base}${at.pathname}${at.search}`, { method: 'PUT', body: '{}', headers: octets });
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: EMPTY, size: 2 };
  const body = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [] });
  const headers = { 'Content-Type': MANIFEST };
  const stored = await fetch(`${base}/v2/app/manifests/v1`, { method: 'PUT', body, headers });
  if (stored.status !== 201) throw new Error(`the registry answers ${stored.status}`);
}

async function has(name: string): Promise<boolean> {
  const headers = { Accept: MANIFEST };
  return (await fetch(`${await registryOf(name)}/v2/app/manifests/v1`, { headers })).status === 200;
}

test.serial('what was pushed is there again in the next cluster of that name, and in no other', async (t) => {
  const [name, other] = [sandbox.name(), sandbox.name()];
  ended(t, 0, await sandbox.run(image, name));
  await push(name);
  const kept = await sandbox.cli('rm', name, '--keep-registry');
  ended(t, 0, kept);
  t.true(kept.stdout.includes(`What the registry of ${name} stored is kept`), outputOf(kept));
  t.deepEqual(await sandbox.leftovers(name), [`volume ${name}-data`]);
  const listed = await sandbox.cli('ls', '-o', 'json');
  const { registries } = JSON.parse(listed.stdout) as { registries: { name: string; bytes: number }[] };
  t.true((registries.find((one) => one.name === name)?.bytes ?? 0) > 0, listed.stdout);
  ended(t, 4, await sandbox.cli('status', name));

  ended(t, 0, await sandbox.run(image, other));
  t.false(await has(other));
  const thawed = await sandbox.run(image, name);
  ended(t, 0, thawed);
  t.true(thawed.stderr.includes(`The registry of ${name} has what was kept`), outputOf(thawed));
  t.true(await has(name));

  ended(t, 0, await sandbox.cli('stop', name));
  ended(t, 0, await sandbox.cli('rm', name, '--keep-registry'));
  ended(t, 0, await sandbox.run(image, name, '--no-template'));
  t.true(await has(name), 'from what was stopped to what is booted');
  ended(t, 0, await sandbox.cli('rm', name, '--keep-registry'));
  const removed = await sandbox.cli('rm', name);
  t.true(removed.stdout.includes(`Removed what was kept of the registry of ${name}`), outputOf(removed));
  for (const one of [name, other]) {
    ended(t, 0, await sandbox.cli('rm', one));
    t.deepEqual(await sandbox.leftovers(one), []);
  }
});
