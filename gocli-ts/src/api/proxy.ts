import type { Environment } from './context.ts';

/** Names that programs look for, in both spellings (curl(1), Go's http.ProxyFromEnvironment). */
const VARIABLES = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy'];

/** What is to be said of a proxy of this host, which nodes are not given; undefined when there is none. */
export function proxyWarning(env: Environment): string | undefined {
  const found = VARIABLES.filter((name) => (env[name] ?? '') !== '');
  if (found.length === 0) return undefined;
  return `The nodes know nothing of ${found.join(', ')} of this host: they pull images without a proxy. How to give them one: docs/host.md`;
}
