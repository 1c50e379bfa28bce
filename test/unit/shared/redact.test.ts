import test from 'ava';
import fc from 'fast-check';
import { redact } from '../../../gocli-ts/src/shared/redact.ts';

const KEY = `-----BEGIN RSA PRIVATE KEY-----\nMIIplanted\n-----END RSA PRIVATE KEY-----`;
const HEX = '0123456789abcdef'.repeat(4);

/** What may stand in a log, with `planted` as the secret in it. */
const LEAKS: readonly string[] = [
  KEY,
  JSON.stringify({ key: KEY }),
  '-----BEGIN PRIVATE KEY-----\nMIIplanted\n',
  `client-key-data: ${Buffer.from('planted').toString('base64')}`,
  'client-key-data: planted',
  '{"client-key-data":"planted"}',
  JSON.stringify({ annotation: JSON.stringify({ password: 'planted, with a comma' }) }),
  'DB_PASSWORD=planted;more',
  "password: 'planted too'",
  'AWS_SECRET_ACCESS_KEY=planted',
  '--password planted',
  '--token=planted',
  'Authorization: Bearer planted',
  '{"Authorization":"Bearer planted"}',
  'https://user:planted@proxy.example/',
  '{"auths":{"r.example":{"auth":"planted"}}}',
  '{"name":"DB_PASSWORD","value":"planted"}',
  '{\n  "name": "API_TOKEN",\n  "value": "planted"\n}',
];

for (const [index, leak] of LEAKS.entries()) {
  test(`secrets are masked: ${index} ${leak.slice(0, 40).replaceAll('\n', ' ')}`, (t) => {
    const masked = redact(`before ${leak} after`);
    t.notRegex(masked, /planted|cGxhbnRlZA/);
    t.true(masked.startsWith('before '));
  });
}

test('tokens and keys without a name are known by their form', (t) => {
  t.notRegex(redact('kubeadm join --token abcdef.0123456789abcdef'), /0123456789abcdef/);
  t.notRegex(redact(`kubeadm join --certificate-key ${HEX}`), /0123456789abcdef/);
  t.notRegex(redact(`eyJhbGciOiJSUzI1NiIs.eyJzdWIiOiJwbGFu.c2lnbmF0dXJlLXg`), /eyJ/);
  for (const kind of ['', 'RSA ', 'EC ', 'OPENSSH ']) {
    const encoded = Buffer.from(`-----BEGIN ${kind}PRIVATE KEY-----\nMII`).toString('base64');
    t.is(redact(`data: ${encoded}`), 'data: (masked key)', kind);
  }
});

test('what is no secret stays', (t) => {
  for (const text of [
    `certificate: ${Buffer.from('-----BEGIN CERTIFICATE-----\nMII').toString('base64')}`,
    'secret:\n  secretName: ca\n',
    '{"secret":{"secretName":"ca"}}',
    'secrets "ca" not found',
    'https://127.0.0.1:6443/readyz',
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 node',
    '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----',
  ]) {
    t.is(redact(text), text);
  }
});

test('a masked text is left alone', (t) => {
  for (const leak of LEAKS) t.is(redact(redact(leak)), redact(leak));
});

test('property: text without a hint of a secret is left alone', (t) => {
  fc.assert(fc.property(fc.stringMatching(/^[a-z ]*$/), (text) => redact(text) === text));
  t.pass();
});
