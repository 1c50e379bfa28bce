import { IMAGE_REGISTRY } from '../../shared/image-reference.ts';
import { matching } from './matching.ts';
import { defineImageOption } from './option.ts';

export const containerRegistry = defineImageOption({
  describe: 'Registry that has the provider image',
  locates: 'registry',
  variable: 'KUBEVIRTCI_CONTAINER_REGISTRY',
  read: matching(IMAGE_REGISTRY, 'a host name, with ":port" if needed'),
});
