import type { HostProxy } from '../host/proxy.ts';
import { quoteAll } from '../shared/quote.ts';
import type { Told, ToldFacts } from './kind.ts';

/** Configuration of the unit, by which it gets the variables (systemd.exec(5), systemd.syntax(7)). */
export function renderUnit({ addresses, except }: HostProxy): string {
  const lines = Object.entries({ ...addresses, NO_PROXY: except }).map(
    ([name, value]) => `Environment="${name}=${value.replace(/["\\]/g, '\\$&').replaceAll('%', '%%')}"\n`,
  );
  return `# Of the host on which the cluster was started; gocli writes it anew with each start.\n[Service]\n${lines.join('')}`;
}

/** What a unit of the guests, which goes out to the world for all of them, is told of a proxy. */
export function unitTold(unit: string, domains: readonly string[]): Told {
  // Before what a user wrote there by hand, which counts then.
  const file = `/etc/systemd/system/${unit}.d/10-gocli-proxy.conf`;
  const render = ({ proxy }: ToldFacts): string => (proxy === undefined ? '' : renderUnit(proxy));
  return {
    subject: unit,
    untold: 'The nodes could not be told of the proxy',
    domains,
    file,
    render,
    command: (facts) => ({ argv: ['/bin/sh', '-c', scriptFor(file, unit)], input: render(facts) }),
    said: ({ proxy }) =>
      proxy === undefined
        ? `${unit} of the nodes goes out without a proxy again: there is none.`
        : `${unit} of the nodes goes out through the proxy: ${Object.keys(proxy.addresses).join(', ')}.`,
  };
}

/** Its input becomes the file; an empty one removes it. The password that may be in it is for root. */
function scriptFor(file: string, unit: string): string {
  const [path, name] = [quoteAll([file]), quoteAll([unit])];
  return `set -eu
umask 077
mkdir -p -m 755 "$(dirname ${path})"
cat >${path}
[ -s ${path} ] || rm -f ${path}
systemctl daemon-reload
systemctl try-restart ${name}`;
}
