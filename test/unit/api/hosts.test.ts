import test from 'ava';
import { hostKeyOf } from '../../../gocli-ts/src/api/hosts.ts';

test('the host key of a guest is a key, whatever stands behind it', (t) => {
  t.is(hostKeyOf('ssh-ed25519 AAAAC3+/== root@node01\n', 'a'), 'ssh-ed25519 AAAAC3+/==');
  t.is(hostKeyOf('ssh-ed25519 AAAA', 'a'), 'ssh-ed25519 AAAA');
});

for (const line of [
  '',
  'ssh-rsa AAAA',
  "x {{lookup('pipe','id')}}",
  "ssh-ed25519 AAAA'\t-oProxyCommand=id",
  'ssh-ed25519 AAAA%h',
  'ssh-ed25519\nAAAA',
  'ssh-ed25519 AAAA\nHost *',
]) {
  test(`what runs something on this host is no key: ${JSON.stringify(line)}`, (t) => {
    t.throws(() => hostKeyOf(line, 'a'), { code: 'REMOTE_COMMAND', message: /of a says/ });
  });
}
