import test from 'ava';
import fc from 'fast-check';
import { challengeIn } from '../../../../gocli-ts/src/images/remote/access.ts';
import { isPrivate, originOf } from '../../../../gocli-ts/src/images/remote/address.ts';
import { registryAndPath } from '../../../../gocli-ts/src/shared/image-reference.ts';

test('challenges are those of the registries that there are', (t) => {
  t.deepEqual(
    challengeIn(
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
    ),
    {
      scheme: 'bearer',
      parameters: {
        realm: 'https://auth.docker.io/token',
        service: 'registry.docker.io',
        scope: 'repository:a/b:pull,push',
      },
    },
  );
  t.like(challengeIn('Basic realm="Registry Realm"'), {
    scheme: 'basic',
    parameters: { realm: 'Registry Realm' },
  });
  t.like(challengeIn('bearer realm="https://x/t", service=y'), { parameters: { service: 'y' } });
  t.like(challengeIn('Negotiate, Basic realm="a \\"b\\""'), { parameters: { realm: 'a "b"' } });
  t.is(challengeIn('Negotiate'), undefined);
  t.is(challengeIn(''), undefined);
});

test('no header makes it fail', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const header of [text, `Bearer ${text}`, `Basic realm="${text}`]) {
        const found = challengeIn(header);
        t.true(found === undefined || ['basic', 'bearer'].includes(found.scheme));
      }
    }),
  );
});

test('plain HTTP is for loopback alone, where no authority is known', (t) => {
  for (const [host, hasCa, origin] of [
    ['quay.io', false, 'https://quay.io'],
    ['docker.io', false, 'https://registry-1.docker.io'],
    ['registry.lan:5000', false, 'https://registry.lan:5000'],
    ['localhost:5000', false, 'http://localhost:5000'],
    ['127.0.0.1:5000', false, 'http://127.0.0.1:5000'],
    ['[::1]:5000', false, 'http://[::1]:5000'],
    ['127.0.0.1:5000', true, 'https://127.0.0.1:5000'],
    ['127.0.0.1.example:80', false, 'https://127.0.0.1.example:80'],
    ['localhost.example', false, 'https://localhost.example'],
  ] as const) {
    t.is(originOf(host, hasCa)?.origin, origin, host);
  }
  t.is(originOf('registry.lan:99999', false), undefined);
  for (const url of ['http://elsewhere/', 'ftp://127.0.0.1/', 'file:///etc/passwd'])
    t.false(isPrivate(new URL(url)), url);
});

test('a place in a registry is a host and a path', (t) => {
  t.deepEqual(registryAndPath('localhost:5000/team'), { registry: 'localhost:5000', path: 'team' });
  t.deepEqual(registryAndPath('quay.io/a/b'), { registry: 'quay.io', path: 'a/b' });
  for (const wrong of [
    '',
    'quay.io',
    'quay.io/',
    'team/x',
    'https://quay.io/team',
    'quay.io/Team',
    'quay.io/team:1',
    'quay.io/../x',
    'quay.io/te am',
    'quay.io/team\n',
    `quay.io/${'x'.repeat(300)}`,
    'user:pass@quay.io/team',
  ]) {
    t.is(registryAndPath(wrong), undefined, wrong);
  }
});

test('whatever is taken for a place can be asked', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (host, path) => {
      for (const text of [`${host}/${path}`, `${host}.io/${path}`, `localhost/${path}`]) {
        const place = registryAndPath(text);
        if (place === undefined) continue;
        t.notRegex(place.path, /[^a-z0-9./_-]|\.\.|\/\//);
        const origin = originOf(place.registry, false);
        t.true(origin === undefined || ['http:', 'https:'].includes(origin.protocol));
      }
    }),
  );
});
