import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { isCode } from '../../../gocli-ts/src/errors/error.ts';
import { load } from '../../../gocli-ts/src/api/provider-archive.ts';
import { operate } from '../../../gocli-ts/src/api/operation.ts';
import { FACTS_LABEL } from '../../../gocli-ts/src/provider/facts.ts';
import { makeConsole, type Console } from '../../helpers/console.ts';
import { addProvider, VM_FACTS } from '../../helpers/engine.ts';
import { AMD64, digestOf, layer, tar, type Entry } from '../../helpers/image-archives.ts';

const LAYER = await layer('disk');
const LABELS = { [FACTS_LABEL]: JSON.stringify(VM_FACTS) };

/** What `docker save` writes of an image with these labels and names. */
function entries(
  tags: readonly string[] = ['gocli/vm-1:latest'],
  labels: Readonly<Record<string, string>> = LABELS,
): Entry[] {
  const rootfs = { type: 'layers', diff_ids: [digestOf(LAYER)] };
  const about = JSON.stringify({ ...AMD64, config: { Labels: labels }, rootfs });
  const list = [{ Config: 'about.json', RepoTags: tags, Layers: ['0/layer.tar'] }];
  return [
    ['about.json', about],
    ['0/layer.tar', LAYER],
    ['manifest.json', JSON.stringify(list)],
  ];
}

/** A console whose zstd changes nothing, or ends with a code. */
async function bench(t: ExecutionContext, code = 0): Promise<Console & { readonly folder: string }> {
  const console = await makeConsole(t);
  const folder = await mkdtemp(join(tmpdir(), 'gocli-archive-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  console.host.respond(([program], { stdin, stdout }) => {
    if (program !== 'zstd' || !(stdin instanceof Readable) || stdout === undefined) return undefined;
    pipeline(stdin, stdout).catch(() => undefined);
    return { exitCode: code, stderr: 'zstd: /*stdin*\\: Read error (39) : premature end\n' };
  });
  const { docker } = console.engine;
  const real = docker.images.load.bind(docker.images);
  docker.images.load = async (archive, options) => {
    await real(archive, options);
    addProvider(docker, VM_FACTS);
  };
  return { ...console, folder };
}

test('what was saved is loaded under the name that clusters are started by', async (t) => {
  const { engine, folder, ...console } = await bench(t);
  const file = join(folder, 'vm-1.zst');
  const { id } = addProvider(engine.docker, VM_FACTS);
  const archive = await tar(entries());
  engine.docker.images.save = () => Promise.resolve(Readable.from([archive]));
  t.like(await console.run('provider', 'save', 'vm/1', file), { code: 0 });
  t.deepEqual(await readFile(file), archive);
  t.deepEqual(await readdir(folder), ['vm-1.zst']);
  await engine.docker.images.remove(id);
  const { code, stdout, stderr } = await console.run('provider', 'load', file);
  t.is(code, 0, stderr);
  t.regex(stdout, /^Loaded gocli\/vm-1:latest [^]*gocli run vm-1/);
});

test('a file that was there stays when a save fails; what is no file is never replaced', async (t) => {
  const { engine, folder, ...console } = await bench(t);
  addProvider(engine.docker, VM_FACTS);
  const file = join(folder, 'vm-1.zst');
  await writeFile(file, 'before');
  engine.docker.images.save = () =>
    Promise.resolve(
      Readable.from(
        (function* () {
          yield Buffer.from('some');
          throw new Error('the daemon died');
        })(),
      ),
    );
  t.not((await console.run('provider', 'save', 'vm-1', file)).code, 0);
  t.is(await readFile(file, 'utf8'), 'before');
  t.deepEqual(await readdir(folder), ['vm-1.zst']);
  await mkdir(join(folder, 'folder'));
  await symlink('/dev/null', join(folder, 'device'));
  for (const name of ['folder', 'device']) {
    const { code, stderr } = await console.run('provider', 'save', 'vm-1', join(folder, name));
    t.is(code, 3);
    t.regex(stderr, /is no file/);
    t.like(await console.run('provider', 'load', join(folder, name)), { code: 3 });
  }
});

test('Docker gets nothing of what is no archive of one provider image under its own name', async (t) => {
  const { engine, folder, ...console } = await bench(t);
  const file = join(folder, 'x.zst');
  const whole = await tar(entries());
  for (const [content, reason] of [
    [await tar(entries(['debian:13'])), /another name: "docker\.io\/library\/debian:13"/],
    [await tar(entries(['gocli/vm-1:latest', 'gocli/vm-2:latest'])), /another name/],
    [await tar(entries(['gocli/vm-1:latest'], {})), /no provider image/],
    [await tar(entries([], LABELS)), /another name/],
    [await tar([...entries(), ['../../etc/cron.d/x', 'x']]), /leads out of it/],
    [
      await tar([...entries(), ['link', '', { type: 'symlink', linkname: '../../etc/passwd' }]]),
      /leads out of it/,
    ],
    [whole.subarray(0, whole.length - 4000), /truncated|incomplete|no images/],
    [Buffer.from('not at all'), /no tar archive|no images|truncated/],
    [Buffer.alloc(0), /no images|no tar|empty/],
  ] as const) {
    await writeFile(file, content);
    const { code, stderr } = await console.run('provider', 'load', file);
    t.is(code, 2, stderr);
    t.regex(stderr, reason);
    t.notRegex(stderr, /\n\s+at /);
  }
  t.false(engine.docker.calls.some(({ method }) => method === 'images.load'));
});

test('an archive that zstd does not take is truncated or none', async (t) => {
  const { folder, engine, ...console } = await bench(t, 1);
  await writeFile(join(folder, 'x.zst'), await tar(entries()));
  const { code, stderr } = await console.run('provider', 'load', join(folder, 'x.zst'));
  t.is(code, 2);
  t.regex(stderr, /truncated or damaged[^]*premature end/);
  t.false(engine.docker.calls.some(({ method }) => method === 'images.load'));
});

test('without zstd nothing is asked of Docker', async (t) => {
  const { folder, host, engine, ...console } = await bench(t);
  host.missing.add('zstd');
  addProvider(engine.docker, VM_FACTS);
  const file = join(folder, 'x.zst');
  for (const words of [
    ['save', 'vm-1', file],
    ['load', file],
  ]) {
    await writeFile(file, 'x');
    const { code, stderr } = await console.run('provider', ...words);
    t.is(code, 3);
    t.regex(stderr, /zstd is not installed[^]*apt-get install zstd/);
    t.deepEqual(await readdir(folder), ['x.zst']);
  }
});

test('words that are missing, or mean nothing, are said', async (t) => {
  const console = await bench(t);
  t.like(await console.run('provider', 'save', 'vm-1'), { code: 2 });
  t.like(await console.run('provider', 'load'), { code: 2 });
  t.like(await console.run('provider', 'load', 'a', 'b'), { code: 2 });
  t.like(await console.run('provider', 'load', '/nowhere/x'), { code: 3 });
});

test('whatever is changed in an archive, it is refused as such, or is one still', async (t) => {
  const { context, engine } = await bench(t);
  const whole = await tar(entries());
  const { emit, signal } = engine;
  const work = await operate({ operation: 'provider load', onEvent: emit, signal }, context, (own) =>
    Promise.resolve(own),
  );
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.uint8Array({ maxLength: 20 }), async (at, bytes) => {
      const broken = Buffer.from(whole);
      broken.set(bytes.subarray(0, broken.length - at), at);
      try {
        t.is((await load({ file: Readable.from([broken]) }, work)).provider, 'vm-1');
      } catch (error) {
        // Where a letter of its tag is another one it is an archive still, of which this Docker knows nothing.
        t.true(isCode(error, 'BAD_ARCHIVE') || /no image gocli\/vm-1:/.test(String(error)), String(error));
      }
    }),
    { numRuns: 60 },
  );
});
