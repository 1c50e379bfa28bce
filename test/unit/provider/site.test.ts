import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { siteFile } from '../../../gocli-ts/src/host/paths.ts';
import { parseProviderFile } from '../../../gocli-ts/src/provider/provider-file.ts';
import { atSite, parseSite, proxyAt, readSite, variableAt } from '../../../gocli-ts/src/provider/site.ts';
import { temporaryFolder } from '../provision/_bench.ts';

const HEAD = 'apiVersion: gocli.io/v1\nkind: Site\n';
const KEY = `ssh-ed25519 ${'A'.repeat(68)} alice@host`;
const GOOD = `${HEAD}proxy: { https: "http://proxy.example:3128", except: [.example, 10.0.0.0/8] }
keys: ["${KEY}"]
defaults: { cpus: 4 }
environment: { LIMIT: "5", HOME_OF_CI: /srv/ci }
providers:
  vm-mine: { defaults: { memory: 4G }, environment: { LIMIT: "9" } }
`;
const PLAIN = `apiVersion: gocli.io/v1
kind: Provider
name: vm-mine
guest: debian-13
defaults: { nodes: 1, cpus: 2, memory: 1024M, disk: 10G }
`;

test('all that is wrong with it is told at once, with line, column and the nearest key', (t) => {
  const text = `${HEAD}proxi: { http: x }
proxy: { https: "ftp://x" }
keys: [ssh-dss AAAA, "${KEY}\\nmore", "${KEY}\\0"]
environment: { lower: x, A: 1.30, PATH: /x }
defaults: { memory: 5, cpu: 1 }
`;
  const error = t.throws(() => parseSite(text, 'site.yaml'), { instanceOf: GocliError, code: 'BAD_FILE' });
  const lines = [error.message, ...(error.observed ?? '').split('\n')];
  t.deepEqual(
    lines.map((line) => line.replace(/^site\.yaml:(\d+:\d+): (.{0,40}).*$/, '$1 $2')),
    [
      '3:1 unknown key "proxi". Did you mean "proxy',
      '4:17 "proxy.https": the address of a proxy: h',
      '5:8 "keys.0": a public key, as a line of ~/.',
      '5:22 "keys.1": a public key, as a line of ~/.',
      `5:${(22 + KEY.length + 10).toFixed(0)} "keys.2": a public key, as a line of ~/.`,
      '6:16 "environment.lower": names of variables ',
      '6:29 "environment.A": a text: put it into quo',
      '6:35 "environment.PATH": that name is a shell',
      '7:21 "defaults.memory": Invalid input: expect',
      '7:24 unknown key "defaults.cpu". Did you mean',
    ],
  );
  t.throws(() => parseSite(`${HEAD}proxy: {}\n`, 's'), { message: /one of "http" and "https" is missing/ });
  t.throws(() => parseSite(`${HEAD}proxy: { http: p, except: [.a, "b\\x07"] }\n`, 's'), {
    message: /^s:3:32: .*one name or network/,
  });
  t.throws(() => parseSite(`${HEAD}keys: [\n`, 's'), { code: 'BAD_FILE' });
});

test('it is laid over providers of plain machines, what is said of one over what is said of all', (t) => {
  const site = parseSite(GOOD, 'site.yaml');
  const plain = parseProviderFile(`${PLAIN}vm: { user: debian }\n`, 'p');
  t.deepEqual(atSite(plain, site).defaults, { nodes: 1, cpus: 4, memory: '4G', disk: '10G' });
  t.deepEqual(atSite({ ...plain, name: 'vm-other' }, site).defaults, { ...plain.defaults, cpus: 4 });
  t.is(atSite(plain, undefined), plain);
  const cluster = parseProviderFile(PLAIN, 'p');
  t.is(atSite(cluster, site), cluster);
  t.is(variableAt(site, 'vm-mine', 'LIMIT'), '9');
  t.is(variableAt(site, 'vm-other', 'LIMIT'), '5');
  t.is(variableAt(site, 'vm-mine', 'NONE'), undefined);
});

test('its proxy counts more than that of the environment', (t) => {
  const env = { HTTP_PROXY: 'http://other:1', NO_PROXY: 'x' };
  t.deepEqual(proxyAt(parseSite(GOOD, 's'), env), {
    addresses: { HTTPS_PROXY: 'http://proxy.example:3128' },
    except: '.example,10.0.0.0/8',
  });
  for (const site of [undefined, parseSite(HEAD, 's')])
    t.deepEqual(proxyAt(site, env), { addresses: { HTTP_PROXY: 'http://other:1' }, except: 'x' });
  t.is(proxyAt(undefined, {}), undefined);
});

test('it lies where GOCLI_SITE says, else below the configuration of the user, where it may be missing', async (t) => {
  t.deepEqual(siteFile({ HOME: '/home/me' }, '/w'), {
    file: '/home/me/.config/gocli/site.yaml',
    asked: false,
  });
  t.deepEqual(siteFile({ GOCLI_SITE: 'ci.yaml' }, '/w'), { file: '/w/ci.yaml', asked: true });
  t.is(siteFile({ GOCLI_SITE: '' }, '/w'), undefined);
  t.like(siteFile({ HOME: '/home/me', XDG_CONFIG_HOME: 'cfg' }, '/w'), {
    file: '/home/me/.config/gocli/site.yaml',
  });
  t.is(siteFile({ HOME: 'me', XDG_STATE_HOME: '/s', XDG_CACHE_HOME: '/c' }, '/w'), undefined);
  const file = join(await temporaryFolder(t), 'site.yaml');
  t.is(await readSite(file, false), undefined);
  await t.throwsAsync(readSite(file, true), { code: 'FILE', message: /^GOCLI_SITE: .* is not there$/ });
  await writeFile(file, GOOD);
  t.is((await readSite(file, true))?.file, file);
});
