import { matching } from './matching.ts';
import { defineOption } from './option.ts';

/** Grammar of image references: github.com/distribution/reference. */
const ORGANISATION = /^[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;

export const containerOrg = defineOption({
  describe: 'Path of the image in that registry',
  type: 'string',
  variable: 'KUBEVIRTCI_CONTAINER_ORG',
  read: matching(ORGANISATION, 'a path such as kubevirtci'),
});
