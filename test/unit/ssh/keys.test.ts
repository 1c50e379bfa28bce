import test from 'ava';
import ssh2 from 'ssh2';
import { generateSshKey } from '../../../gocli-ts/src/ssh/keys.ts';

test('a key pair in the formats of OpenSSH', async (t) => {
  const { privateKey, publicKey } = await generateSshKey('gocli');
  t.regex(publicKey, /^ssh-ed25519 [A-Za-z0-9+/=]+ gocli\n?$/);
  t.true(privateKey.startsWith('-----BEGIN OPENSSH PRIVATE KEY-----\n'));
  const [priv, pub] = [ssh2.utils.parseKey(privateKey), ssh2.utils.parseKey(publicKey)];
  if (priv instanceof Error || pub instanceof Error) throw new Error('unreadable');
  t.true(pub.verify(Buffer.from('data'), priv.sign('data')));
});

test('no two pairs are equal', async (t) => {
  const [one, other] = await Promise.all([generateSshKey('a'), generateSshKey('a')]);
  t.not(one.privateKey, other.privateKey);
});
