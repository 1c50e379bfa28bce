import { IMAGE_PATH } from '../../shared/image-reference.ts';
import { matching } from './matching.ts';
import { defineImageOption } from './option.ts';

export const containerOrg = defineImageOption({
  describe: 'Path of the image in that registry',
  locates: 'organisation',
  variable: 'KUBEVIRTCI_CONTAINER_ORG',
  read: matching(IMAGE_PATH, 'a path such as kubevirtci'),
});
