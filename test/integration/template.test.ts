import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { LABEL } from '../../gocli-ts/src/place/labels.ts';
import { sealManifest, type Manifest } from '../../gocli-ts/src/frozen/manifest.ts';
import { Agent } from '../../gocli-ts/src/machine/agent.ts';
import { type CliResult, command, gocli, outputOf } from '../helpers/cli.ts';
import { openSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { damage, republish, templatesOf } from '../helpers/templates.ts';
import { tinyImage } from '../helpers/tiny-image.ts';

const DAY = 86_400_000;

let sandbox: Sandbox;
let image: string;
let imageId: string;

test.before('a tiny provider image that no other file makes templates of', async () => {
  sandbox = await openSandbox();
  image = await tinyImage(sandbox.docker, { kernelArgs: ['gocli.test=template'] });
  imageId = (await sandbox.docker.images.inspect(image))?.id ?? '';
});

test.after.always('nothing stays', () => sandbox.close());

function ended(t: ExecutionContext, code: number, result: CliResult): void {
  t.is(result.exitCode, code, outputOf(result));
}

async function started(
  t: ExecutionContext,
  ...flags: string[]
): Promise<{ name: string; template: string | null; stderr: string }> {
  const name = sandbox.name();
  const result = await sandbox.run(image, name, '-o', 'json', '--progress', 'plain', ...flags);
  ended(t, 0, result);
  const { template } = JSON.parse(result.stdout) as { template: string | null };
  return { name, template, stderr: result.stderr };
}

async function only(): Promise<Awaited<ReturnType<typeof templatesOf>>[number]> {
  const [template, ...others] = await templatesOf(sandbox.docker, imageId);
  if (template === undefined || others.length > 0) throw new Error(`${others.length + 1} templates`);
  return template;
}

async function counterOf(name: string): Promise<number> {
  const port = (await sandbox.cli('ports', 'http', '--name', name)).stdout.trim();
  const answer = await fetch(`http://127.0.0.1:${port}/counter`, { signal: AbortSignal.timeout(10_000) });
  return Number(await answer.text());
}

async function inGuest<T>(name: string, work: (agent: Agent, signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(20_000);
  const [node] = await sandbox.docker.containers.list({ [LABEL.cluster]: name, [LABEL.node]: 'node01' });
  await using agent = await Agent.open(sandbox.docker, node?.id ?? '', 'node01', signal);
  return await work(agent, signal);
}

test.serial('the first start makes a template, and hands over a clone of it', async (t) => {
  const first = await started(t);
  const template = await only();
  t.is(first.template, template.id);
  t.true((await counterOf(first.name)) > 0);
  ended(t, 0, await sandbox.cli('status', first.name));
  ended(t, 0, await sandbox.cli('rm', first.name));
  t.is((await only()).id, template.id, 'it outlives its cluster');
});

test.serial(
  'later starts thaw it, whatever name and ports, beside each other, at the right time',
  async (t) => {
    const { id } = await only();
    const [one, two] = [await started(t), await started(t)];
    t.deepEqual([one.template, two.template], [id, id]);
    t.notRegex(one.stderr, /Booting/);
    for (const { name } of [one, two]) {
      t.true((await counterOf(name)) > 0);
      const now = await inGuest(name, (agent, signal) => agent.execute('guest-get-time', {}, signal));
      t.true(Math.abs(Number(now) / 1e6 - Date.now()) < 2000, 'the clock of the guest');
    }
    const random = (name: string): Promise<string> =>
      inGuest(name, (agent, signal) => agent.readFile('/proc/sys/kernel/random/uuid', signal));
    t.not(await random(one.name), await random(two.name));
    const listed = JSON.parse((await sandbox.cli('template', 'ls', '-o', 'json')).stdout) as {
      templates: { id: string; usedBy: string[] }[];
    };
    t.deepEqual(listed.templates.find((template) => template.id === id)?.usedBy, [one.name, two.name].sort());
    for (const { name } of [one, two]) ended(t, 0, await sandbox.cli('rm', name));
  },
);

test.serial('--no-template starts cold and keeps nothing; --fresh replaces the template', async (t) => {
  const before = await only();
  const none = await started(t, '--no-template');
  t.is(none.template, null);
  t.is((await only()).id, before.id);
  ended(t, 0, await sandbox.cli('rm', none.name));
  const fresh = await started(t, '--fresh');
  const after = await only();
  t.not(after.id, before.id);
  t.is(fresh.template, after.id);
  ended(t, 0, await sandbox.cli('rm', fresh.name));
});

/** Starts, expects a cold start with this reason, and ends with a good template again. */
async function fallsBack(t: ExecutionContext, reason: RegExp, ...flags: string[]): Promise<void> {
  const { name, template, stderr } = await started(t, ...flags);
  t.regex(stderr, /Booting/);
  t.regex(stderr, reason);
  t.truthy(template);
  ended(t, 0, await sandbox.cli('status', name));
  ended(t, 0, await sandbox.cli('rm', name));
  t.is((await only()).id, template ?? '', 'it replaces the one that did not fit');
}

const manifests: [what: string, change: (manifest: Manifest) => Partial<Manifest>, reason: RegExp][] = [
  ['another accelerator', () => ({ accelerator: 'kvm' }), /made with kvm/],
  ['another CPU model', ({ cpu }) => ({ cpu: { ...cpu, model: 'qemu64' } }), /CPU model is qemu64/],
  ['another qemu', () => ({ qemu: '1.2.3' }), /the state is of 1\.2\.3/],
  ['an old template', ({ createdAt }) => ({ createdAt: createdAt - 301 * DAY }), /301 days old/],
  ['a certificate that expires', ({ createdAt }) => ({ expiresAt: createdAt + DAY }), /a certificate in it/],
  [
    'a host clock before its making',
    ({ createdAt }) => ({ createdAt: createdAt + DAY }),
    /clock of this host/,
  ],
  ['another image', () => ({ imageId: 'sha256:0' }), /another image/],
  [
    'a guest that rebooted',
    ({ machines }) => ({ machines: machines.map((machine) => ({ ...machine, bootId: 'x' })) }),
    /node01 rebooted/,
  ],
];

for (const [what, change, reason] of manifests) {
  test.serial(`cold start instead of a thaw: ${what}`, async (t) => {
    const template = await only();
    await republish(sandbox.docker, template, change(template.manifest));
    await fallsBack(t, reason);
  });
}

test.serial('cold start instead of a thaw: a damaged manifest', async (t) => {
  await republish(sandbox.docker, await only(), {}, (manifest) => ({
    ...sealManifest(manifest),
    sha256: '0'.repeat(64),
  }));
  await fallsBack(t, /manifest is damaged/);
});

const files: [what: string, script: string, reason: RegExp][] = [
  ['the state is truncated', 'truncate -s -100 /frozen/node01.state', /node01\.state is missing or differs/],
  [
    'one bit of the state is flipped',
    `printf '\\001' | dd of=/frozen/node01.state bs=1 seek=5000 conv=notrunc`,
    /node01\.state is missing or differs/,
  ],
  ['everything is gone', 'rm -r /frozen/*', /attachment\.json/],
  ['the state is gone', 'rm /frozen/node01.state', /node01\.state is missing or differs/],
  ['the memory is too short', 'truncate -s -4096 /frozen/node01.ram', /bytes, blocks of .*node01\.ram/],
  ['the memory has holes', 'fallocate -p -o 1048576 -l 67108864 /frozen/node01.ram', /bytes, blocks of/],
];

for (const [what, script, reason] of files) {
  test.serial(`cold start instead of a thaw: ${what}`, async (t) => {
    await damage(sandbox.docker, await only(), script);
    await fallsBack(t, reason);
  });
}

test.serial('cold start instead of a thaw: the guest does not answer in time', async (t) => {
  const template = await only();
  const name = sandbox.name();
  const running = sandbox.run(image, name, '--timeout', '15', '--progress', 'plain');
  let stopped = false;
  for (let left = 200; left > 0 && !stopped; left -= 1) {
    await sleep(20);
    const [node] = await sandbox.docker.containers.list({ [LABEL.cluster]: name, [LABEL.node]: 'node01' });
    if (node?.state !== 'running') continue;
    const inspected = await command(['docker', 'inspect', '--format', '{{.State.Pid}}', node.id]);
    const pid = Number(inspected.stdout);
    // Whatever runs there, the script or qemu: it is not heard of any more.
    stopped = pid > 1 && process.kill(pid, 'SIGSTOP');
  }
  const result = await running;
  ended(t, 0, result);
  t.regex(result.stderr, new RegExp(`template ${template.id} could not be thawed and stays`));
  t.regex(result.stderr, /kept in .*failed/);
  ended(t, 0, await sandbox.cli('rm', name));
  t.is((await only()).id, template.id, 'a busy host says nothing of it');
});

test.serial('a flipped bit in the memory is found by verify, which removes the template', async (t) => {
  const template = await only();
  // qemu runs as this user wherever /dev/net/tun is not for root alone, and leaves files that only it may read.
  await damage(sandbox.docker, template, 'chown 107:107 /frozen/node01.*; chmod 600 /frozen/node01.*');
  ended(t, 0, await sandbox.cli('template', 'verify', template.id));
  const blocks = `stat -c %b /frozen/node01.ram`;
  await damage(
    sandbox.docker,
    template,
    `before=$(${blocks}); printf X | dd of=/frozen/node01.ram bs=1 seek=4198400 conv=notrunc; sync; [ "$before" = "$(${blocks})" ]`,
  );
  const found = await sandbox.cli('template', 'verify', template.id);
  ended(t, 1, found);
  t.regex(found.stdout, /node01\.ram/);
  t.deepEqual(await templatesOf(sandbox.docker, imageId), []);
});

test.serial(
  'of two starts that need the same template one makes it and the other waits for it',
  async (t) => {
    const names = [sandbox.name(), sandbox.name()];
    const both = await Promise.all(names.map((name) => sandbox.run(image, name, '--progress', 'plain')));
    for (const result of both) ended(t, 0, result);
    const words = both.map(({ stderr }) => stderr).join('\n');
    t.is(words.match(/Waiting for the template/g)?.length, 1, words);
    t.is(words.match(/✓ Booting/g)?.length, 1, words);
    await only();
    for (const name of names) ended(t, 0, await sandbox.cli('rm', name));
  },
);

test.serial('what is left of an unfinished template is swept by the next start that makes one', async (t) => {
  const { id } = await only();
  ended(t, 0, await sandbox.cli('template', 'rm', id));
  const labels = { [LABEL.role]: 'template', [LABEL.template]: 'feedbeef' };
  await sandbox.docker.volumes.create('gocli-template-feedbeef', labels);
  const { name } = await started(t);
  const volumes = await sandbox.docker.volumes.list({ [LABEL.template]: 'feedbeef' });
  t.deepEqual(volumes, []);
  ended(t, 0, await sandbox.cli('rm', name));
});

test.serial('gc removes what is over the budget and not in use', async (t) => {
  const { id } = await only();
  const unknown = await sandbox.cli('template', 'rm', 'nothing');
  ended(t, 4, unknown);
  t.true(unknown.stderr.includes(id));
  const { name } = await started(t);
  t.false((await sandbox.cli('gc')).stdout.includes(id), 'it is in use');
  ended(t, 0, await sandbox.cli('rm', name));
  ended(t, 0, await sandbox.cli('gc'));
  t.is((await only()).id, id, 'recently used and within the budget');
  ended(t, 2, await gocli(['gc'], { env: { ...sandbox.env, GOCLI_TEMPLATE_BUDGET: 'much' } }));
});
