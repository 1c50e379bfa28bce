import test from 'ava';
import { proxyWarning } from '../../../gocli-ts/src/api/proxy.ts';

test('a proxy of the host that the nodes are not given is named, never its address, which may hold a password', (t) => {
  const env = {
    HTTPS_PROXY: 'http://me:secret@proxy:3128',
    http_proxy: 'http://proxy',
    NO_PROXY: 'x',
    HTTP_PROXY: '',
  };
  const text = proxyWarning(env) ?? '';
  t.regex(text, /nothing of http_proxy, HTTPS_PROXY of this host/);
  t.false(text.includes('secret'));
  t.is(proxyWarning({ NO_PROXY: 'x', HTTP_PROXY: '' }), undefined);
});
