import { IMAGE_TAG } from '../../shared/image-reference.ts';
import { matching } from './matching.ts';
import { defineImageOption } from './option.ts';

const read = matching(IMAGE_TAG, 'an image tag: letters, digits, "_", "." and "-"');

export const containerSuffix = defineImageOption({
  describe: 'Tag of the provider image, such as :latest',
  locates: 'tag',
  variable: 'KUBEVIRTCI_TAG',
  // kubevirtci's flag has the colon with it.
  read: (input: string, at) => read(input.replace(/^:/, ''), at),
});
