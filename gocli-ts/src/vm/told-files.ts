import type { HostProxy } from '../host/proxy.ts';

/** What is written of a proxy into each file of a machine. */
interface ProxyFiles {
  readonly apt: string;
  /** Nothing without a proxy for https. */
  readonly git: string;
  readonly environment: string;
  readonly sshd: string;
  readonly sudo: string;
}

/** The files' contents. */
export function filesOf(proxy: HostProxy): ProxyFiles {
  const variables = variablesOf(proxy);
  const words = variables.map(([name, value]) => `"${name}=${value}"`);
  return {
    apt: aptConfig(proxy),
    git: gitConfig(proxy),
    environment: variables.map(([name, value]) => `${name}=${value}\n`).join(''),
    sshd: `SetEnv ${words.join(' ')}\n`,
    sudo: `Defaults env_keep += "${variables.map(([name]) => name).join(' ')}"\n`,
  };
}

/** Addresses with their schemes: apt refuses one without. */
export function withSchemes({ addresses, except }: HostProxy): HostProxy {
  const pairs = Object.entries(addresses).map(
    ([name, address]) => [name, address.includes('://') ? address : `http://${address}`] as const,
  );
  return { addresses: Object.fromEntries(pairs), except };
}

/** `%22` for a quote: what the one or the other of the files would read otherwise, and an address may have either way. */
function plain(address: string): string {
  return address.replace(
    /["'\\`$#;<>^{|}*!]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** Of each variable both ways to write it: curl heeds `http_proxy` alone, Go and Python either. */
function variablesOf({ addresses, except }: HostProxy): (readonly [string, string])[] {
  const pairs = Object.entries(addresses).map(([name, address]) => [name, plain(address)] as const);
  return [...pairs, ['NO_PROXY', except] as const].flatMap(([name, value]) => [
    [name, value] as const,
    [name.toLowerCase(), value] as const,
  ]);
}

/** apt.conf(5), apt-transport-http(1): names of single hosts are all that it leaves out by itself. */
function aptConfig({ addresses, except }: HostProxy): string {
  const entries = except.split(',');
  if (entries.includes('*')) return '';
  const lines = Object.entries(addresses).map(([name, address]) => {
    const method = name === 'HTTPS_PROXY' ? 'https' : 'http';
    return [method, plain(address).replace(/^socks5:/, 'socks5h:')] as const;
  });
  const hosts = entries.filter((one) => /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(one));
  return lines
    .flatMap(([method, address]) => [
      `Acquire::${method}::Proxy "${address}";\n`,
      ...hosts.map((host) => `Acquire::${method}::Proxy::${host} "DIRECT";\n`),
    ])
    .join('');
}

/**
 * git heeds the variables, too; this is for services, which have none of them. It has one proxy for all schemes (an
 * `http.<url>` needs a host), so that is the one for https, and none is made up of another one.
 */
function gitConfig({ addresses: { HTTPS_PROXY } }: HostProxy): string {
  return HTTPS_PROXY === undefined ? '' : `[http]\n\tproxy = "${plain(HTTPS_PROXY)}"\n`;
}
