import test from 'ava';
import fc from 'fast-check';
import { atHost, hostProxy, isProxyAddress, loopbackPort } from '../../../gocli-ts/src/host/proxy.ts';

test('the environment says it in either spelling, the upper case first, and an empty value says nothing', (t) => {
  t.is(hostProxy({}), undefined);
  t.is(hostProxy({ HTTP_PROXY: ' ', NO_PROXY: 'x', ALL_PROXY: 'http://p' }), undefined);
  t.deepEqual(
    hostProxy({ HTTP_PROXY: '', http_proxy: 'http://low:1', https_proxy: 'http://p', no_proxy: 'a' }),
    {
      addresses: { HTTP_PROXY: 'http://low:1', HTTPS_PROXY: 'http://p' },
      except: 'a',
    },
  );
  t.deepEqual(hostProxy({ HTTPS_PROXY: 'http://up', https_proxy: 'http://low' })?.addresses, {
    HTTPS_PROXY: 'http://up',
  });
});

test('a proxy on loopback is known by any of its names, with the port that its scheme has', (t) => {
  for (const [address, port] of [
    ['http://127.0.0.1:3128', 3128],
    ['localhost:8080', 8080],
    ['http://me:pw@LOCALHOST:1/', 1],
    ['http://127.9.9.9', 80],
    ['https://proxy.localhost', 443],
    ['socks5://[::1]', 1080],
    ['http://0.0.0.0:3128', 3128],
    ['http://127.1:3128', 3128],
    ['http://localhost.:3128', 3128],
    ['localhost.localdomain:3128', 3128],
    ['http://ip6-localhost:3128', 3128],
    ['socks5h://LocalHost', 1080],
    ['http://[::ffff:127.0.0.1]:3128', 3128],
    ['http://[::]:3128', 3128],
    ['http://[::2]:3128', undefined],
    ['http://mylocalhost:3128', undefined],
    ['http://proxy.example:3128', undefined],
    ['http://192.168.1.5:3128', undefined],
    ['http://localhost.example', undefined],
    ['::', undefined],
  ] as const)
    t.is(loopbackPort(address), port, address);
});

test('a proxy by another name of its host keeps scheme, login and port', (t) => {
  t.is(atHost('localhost:8080', 'h'), 'http://h:8080');
  t.is(atHost('http://me:p%40w@127.0.0.1:3128/', 'h'), 'http://me:p%40w@h:3128');
  t.is(atHost('socks5://me@127.0.0.1', 'h'), 'socks5://me@h');
});

test('what is no address is told apart', (t) => {
  for (const address of ['http://p', 'p:3128', 'socks5://p', '10.0.0.1:3128', 'HTTPS://p', 'http://[::1]:1'])
    t.true(isProxyAddress(address), address);
  for (const address of ['http://', 'a b', 'http://p\n', 'http://[', '"p"\t', 'http://p:99999'])
    t.false(isProxyAddress(address), address);
  // What Node mends and Go refuses.
  for (const login of [
    'a:b\\c',
    'a:%zz',
    'a:b%',
    'a:^',
    'a:|',
    'a:{',
    'a:}',
    'a:[',
    'a:]',
    'a:"',
    'a:<',
    'a:>',
    'a:`',
  ])
    t.false(isProxyAddress(`http://${login}@p:3128`), login);
  for (const address of ['http://1\\x@p:3128', 'http://p%41:3128', 'http://p^:3128', 'http://p/%zz'])
    t.false(isProxyAddress(address), address);
  for (const login of ["a:!$&'()*+,;=~-._", 'a%5Cb:%40%7B', 'a@b:c', 'a:', ':b'])
    t.true(isProxyAddress(`http://${login}@p:3128`), login);
  // What Go takes for something else, and what no node reaches.
  for (const address of ['socks4://p:1', 'socks://p:1', 'ftp://p', 'http://[fd00::1]:3128'])
    t.false(isProxyAddress(address), address);
  fc.assert(
    fc.property(fc.string(), (text) => {
      t.is(typeof isProxyAddress(text), 'boolean');
      loopbackPort(text);
      atHost(text, 'h');
    }),
  );
});
