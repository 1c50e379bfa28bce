import { join } from 'node:path';
import { GocliError } from '../../gocli-ts/src/errors/error.ts';
import { listProviderFolders } from '../../gocli-ts/src/provider/folders.ts';
import { didYouMean } from '../../gocli-ts/src/shared/text.ts';
import { CHECKOUT } from './cli.ts';

/** The provider of the Makefile's default. */
export const DEFAULT_PROVIDER = 'k8s-1.36';

const asked = process.env['KUBEVIRT_PROVIDER'] ?? '';

/** The provider that end-to-end tests and benchmarks use: `make e2e PROVIDER=NAME`. */
export const PROVIDER = asked === '' ? DEFAULT_PROVIDER : asked;

/** The newest image of that provider. */
export const IMAGE = `gocli/${PROVIDER}:latest`;

/** The folder that the provider is provisioned from. @throws GocliError PROVIDER_UNKNOWN with the nearest name */
export async function providerFolder(): Promise<string> {
  const folders = await listProviderFolders(join(CHECKOUT, 'cluster-provision'));
  const found = folders.find(({ name }) => name === PROVIDER);
  if (found !== undefined) return found.folder;
  const names = folders.map(({ name }) => name);
  throw new GocliError(
    'PROVIDER_UNKNOWN',
    `there is no provider "${PROVIDER}".${didYouMean(PROVIDER, names)}`,
    { hint: `Providers: ${names.join(', ')}` },
  );
}
