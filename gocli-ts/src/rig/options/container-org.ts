import { IMAGE_PATH } from '../../shared/image-reference.ts';
import { matching } from './matching.ts';
import { defineOption } from './option.ts';

export const containerOrg = defineOption({
  describe: 'Path of the image in that registry',
  type: 'string',
  variable: 'KUBEVIRTCI_CONTAINER_ORG',
  read: matching(IMAGE_PATH, 'a path such as kubevirtci'),
});
