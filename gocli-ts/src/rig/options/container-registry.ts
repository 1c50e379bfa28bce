import { IMAGE_REGISTRY } from '../../shared/image-reference.ts';
import { matching } from './matching.ts';
import { defineOption } from './option.ts';

export const containerRegistry = defineOption({
  describe: 'Registry that has the provider image',
  type: 'string',
  variable: 'KUBEVIRTCI_CONTAINER_REGISTRY',
  read: matching(IMAGE_REGISTRY, 'a host name, with ":port" if needed'),
});
