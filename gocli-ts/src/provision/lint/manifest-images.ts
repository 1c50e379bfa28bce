import type { Finding } from '../../provider/finding.ts';
import { imagesIn } from '../../provider/manifest-text.ts';
import { didYouMean } from '../../shared/text.ts';

/** What a cluster's own registry is called on its nodes: what is pushed there has a source. */
const OWN_REGISTRY = 'registry:5000/';

/** Images of a manifest that a node would not have. @param there images that are built or pre-pulled */
export function missingImages(text: string, file: string, there: readonly string[]): Finding[] {
  const names = new Set(there.map(fullName));
  return imagesIn(text)
    .filter(({ image }) => !image.startsWith(OWN_REGISTRY) && !names.has(fullName(image)))
    .map(({ image, line, column }) => {
      const near = didYouMean(image, there);
      return {
        file,
        line,
        column,
        text: `no node has the image ${image}.${near || ' Build it (images of provider.yaml), or name it in pre-pull-images.'}`,
      };
    });
}

/**
 * A reference with all that may be left out of it (distribution/reference, normalize.go).
 * @returns `docker.io/library/busybox:latest` of `busybox`
 */
export function fullName(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const path = hasRegistry ? image : `docker.io/${rest.length === 0 ? 'library/' : ''}${image}`;
  return /[:@][^/]*$/.test(path.slice(path.indexOf('/'))) ? path : `${path}:latest`;
}
