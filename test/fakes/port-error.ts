import { dockerError } from '../../gocli-ts/src/place/docker/errors.ts';
import type { GocliError } from '../../gocli-ts/src/errors/error.ts';
import type { PublishedPort } from '../../gocli-ts/src/place/interface.ts';

/** Who has a host port: another container, by the daemon's own list, or any process. */
export type PortHolder = 'container' | 'process';

/**
 * What comes of the start of a container one of whose ports cannot be bound, as 20.10 (seen) and 28 (libnetwork,
 * `bindTCPOrUDP`) say it.
 */
export function portError(
  { id, name }: { readonly id: string; readonly name: string },
  { hostPort, protocol }: PublishedPort,
  holder: PortHolder,
  version: string,
): GocliError {
  const at = `127.0.0.1:${hostPort.toFixed(0)}`;
  const isOld = version.startsWith('20.');
  const byProcess = isOld
    ? `Error starting userland proxy: listen ${protocol}4 ${at}: bind: address already in use`
    : `failed to bind host port ${at}/${protocol}: address already in use`;
  const why = holder === 'process' ? byProcess : `Bind for ${at} failed: port is already allocated`;
  const words = `driver failed programming external connectivity on endpoint ${name} (${id}): ${why}`;
  const message = `(HTTP code 500) server error - ${isOld ? '' : 'failed to set up container networking: '}${words}`;
  return dockerError(
    Object.assign(new Error(message), { statusCode: 500 }),
    `start container ${id.slice(0, 12)}`,
  );
}
