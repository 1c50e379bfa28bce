import { matching } from './matching.ts';
import { defineOption } from './option.ts';

/** Grammar of image references: github.com/distribution/reference. kubevirtci's flag has the colon with it. */
const SUFFIX = /^:?\w[\w.-]{0,127}$/;

const read = matching(SUFFIX, 'an image tag: letters, digits, "_", "." and "-"');

export const containerSuffix = defineOption({
  describe: 'Tag of the provider image, such as :latest',
  type: 'string',
  variable: 'KUBEVIRTCI_TAG',
  read: (input: string, at) => read(input, at).replace(/^:/, ''),
});
