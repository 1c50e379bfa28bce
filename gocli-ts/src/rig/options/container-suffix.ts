import { IMAGE_TAG } from '../../shared/image-reference.ts';
import { matching } from './matching.ts';
import { defineOption } from './option.ts';

const read = matching(IMAGE_TAG, 'an image tag: letters, digits, "_", "." and "-"');

export const containerSuffix = defineOption({
  describe: 'Tag of the provider image, such as :latest',
  type: 'string',
  variable: 'KUBEVIRTCI_TAG',
  // kubevirtci's flag has the colon with it.
  read: (input: string, at) => read(input.replace(/^:/, ''), at),
});
