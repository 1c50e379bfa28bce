import { matching } from './matching.ts';
import { defineOption } from './option.ts';

/** Grammar of image references: github.com/distribution/reference. */
const REGISTRY = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$/;

export const containerRegistry = defineOption({
  describe: 'Registry that has the provider image',
  type: 'string',
  variable: 'KUBEVIRTCI_CONTAINER_REGISTRY',
  read: matching(REGISTRY, 'a host name, with ":port" if needed'),
});
