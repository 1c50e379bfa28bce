import type Dockerode from 'dockerode';
import type { Labels } from '../port.ts';
import { dockerError, statusOf } from './errors.ts';

/** Gives the client of the daemon, made at first use: loading it costs more than `gocli --help` may take. */
export type Connect = () => Promise<Dockerode>;

/** Runs one request and gives its failure the form that users see. @throws GocliError; the signal's reason */
export async function request<T>(
  connect: Connect,
  what: string,
  call: (engine: Dockerode) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  try {
    return await call(await connect());
  } catch (error) {
    signal?.throwIfAborted();
    throw dockerError(error, what);
  }
}

/** Like {@link request}, but undefined when the daemon answers with one of these statuses. */
export async function requestUnless<T>(
  connect: Connect,
  what: string,
  statuses: readonly number[],
  call: (engine: Dockerode) => Promise<T>,
): Promise<T | undefined> {
  return request(connect, what, async (engine) => {
    try {
      return await call(engine);
    } catch (error) {
      if (statuses.includes(statusOf(error) ?? 0)) return undefined;
      throw error;
    }
  });
}

/** Filters of a list request for labels; an empty value asks for the key alone. */
export function labelFilter(labels: Labels): { label: string[] } {
  return { label: Object.entries(labels).map(([key, value]) => (value === '' ? key : `${key}=${value}`)) };
}
