import { dirname } from 'node:path';
import type { Finding } from '../../provider/finding.ts';
import { valueAt } from '../../provider/provider-text.ts';
import type { ProviderConfig } from '../../provider/schema.ts';
import type { InspectedManifest } from './inspect-recipe.ts';

/**
 * What of a manifest is not for what warms clusters up.
 * @param folder the provider's own; the manifest may be of one that it extends
 * @param provider undefined where its file cannot be read
 */
export function warmFindings(
  { name, path: file, objects }: InspectedManifest,
  folder: string,
  provider: Pick<ProviderConfig, 'kubernetes' | 'warm'> | undefined,
): Finding[] {
  const refuse = (text: string): Finding[] => [{ file, line: 1, column: 1, text: `${name}: ${text}` }];
  if (provider === undefined) return [];
  if (provider.kubernetes === undefined) return refuse('that is for providers of Kubernetes');
  if (provider.warm.length === 0 && objects.length > 0 && dirname(file) === folder)
    return refuse('it is applied for the commands of "warm" in provider.yaml, and there are none');
  return objects
    .filter(({ data }) => valueAt(valueAt(data, 'metadata'), 'namespace') !== undefined)
    .map((one) =>
      one.finding(
        ['metadata', 'namespace'],
        '"metadata.namespace": leave it out; all of it is in a namespace that is removed afterwards',
      ),
    );
}
