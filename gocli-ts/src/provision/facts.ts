import type { ProviderConfig, ProviderFacts } from '../config/provider.ts';
import { parseSize } from '../shared/size.ts';

const MIB = 1024 ** 2;

/** What a cluster start needs to know of a provider; it travels as a label of its image. */
export function providerFacts(provider: ProviderConfig): ProviderFacts {
  const { name, kernelArgs, kubernetes, defaults } = provider;
  return {
    format: 1,
    name,
    defaults: {
      nodes: defaults.nodes,
      cpus: defaults.cpus,
      memoryMiB: Math.floor(parseSize(defaults.memory, 'defaults.memory') / MIB),
    },
    kernelArgs,
    disk: true,
    ...(kubernetes === undefined ? {} : { kubernetes }),
  };
}
