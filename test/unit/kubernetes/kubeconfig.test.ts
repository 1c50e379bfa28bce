import test from 'ava';
import fc from 'fast-check';
import { parse } from 'yaml';
import {
  parseAdminConf,
  parseKubeconfig,
  renderKubeconfig,
} from '../../../gocli-ts/src/kubernetes/kubeconfig.ts';

const encode = (text: string): string => Buffer.from(text).toString('base64');
const ADMIN_CONF = `apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority-data: ${encode('CA')}
    server: https://192.168.66.101:6443
  name: kubernetes
users:
- name: kubernetes-admin
  user:
    client-certificate-data: ${encode('CERT')}
    client-key-data: ${encode('KEY')}
contexts: []
`;

test("kubeadm's admin.conf gives the access, through the published port", (t) => {
  const server = 'https://127.0.0.1:40001';
  t.deepEqual(parseAdminConf(ADMIN_CONF, server), { server, ca: 'CA', cert: 'CERT', key: 'KEY' });
});

test('what is no admin.conf is an error that does not show its content', (t) => {
  for (const text of [
    '',
    'clusters: []',
    '{',
    'a: [1,\n b',
    'clusters: 7',
    ADMIN_CONF.replace('client-key-data', 'x'),
  ]) {
    const error = t.throws(() => parseAdminConf(text, 'https://127.0.0.1:1'), { code: 'KUBERNETES' }, text);
    t.false(JSON.stringify(error).includes(encode('CERT')));
    t.throws(() => parseKubeconfig(text), { code: 'KUBERNETES' }, text);
  }
});

test('a kubeconfig has one context, named after the cluster, and verifies the server', (t) => {
  const access = { server: 'https://127.0.0.1:40001', ca: 'CA', cert: 'CERT', key: 'KEY' };
  const config = parse(renderKubeconfig('k8s-1.36', access)) as Record<string, unknown>;
  t.like(config, {
    'current-context': 'k8s-1.36',
    contexts: [{ name: 'k8s-1.36', context: { cluster: 'k8s-1.36', user: 'k8s-1.36' } }],
    clusters: [
      { name: 'k8s-1.36', cluster: { server: access.server, 'certificate-authority-data': encode('CA') } },
    ],
  });
});

test('what was rendered is read again, whatever the certificates hold', (t) => {
  const pem = fc.string({ unit: 'grapheme', minLength: 1 });
  fc.assert(
    fc.property(pem, pem, pem, (ca, cert, key) => {
      const texts = [ca, cert, key].map((text) => Buffer.from(text).toString('utf8'));
      const [a = '', b = '', c = ''] = texts;
      const access = { server: 'https://127.0.0.1:1', ca: a, cert: b, key: c };
      t.deepEqual(parseKubeconfig(renderKubeconfig('x', access)), access);
    }),
  );
});

test('names that YAML 1.1 takes for booleans or numbers stay strings for client-go', (t) => {
  const access = { server: 'https://127.0.0.1:40001', ca: 'CA', cert: 'CERT', key: 'KEY' };
  for (const name of ['no', 'on', 'y', '0b1', '017', '0o17', '1e3', 'null', '2024-01-01']) {
    for (const version of ['1.1', '1.2'] as const) {
      t.like(parse(renderKubeconfig(name, access), { version }), {
        'current-context': name,
        clusters: [{ name }],
        users: [{ name }],
        contexts: [{ name, context: { cluster: name, user: name } }],
      });
    }
  }
});
