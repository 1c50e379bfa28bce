import { z } from 'zod';
import { IMAGE_REFERENCE } from '../shared/image-reference.ts';
import type { Finding } from './finding.ts';
import { readYamlStream, type YamlDocument } from './yaml-text.ts';

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});

/** The objects of a manifest, and what is not one. */
export function inspectManifest(
  text: string,
  file: string,
): { readonly objects: readonly YamlDocument[]; readonly findings: readonly Finding[] } {
  const { documents, findings } = readYamlStream(text, file);
  // Nothing between two separators.
  const objects = documents.filter(({ data }) => data !== null && data !== undefined);
  const wrong = objects.flatMap((document) => {
    const issues = objectSchema.safeParse(document.data).error?.issues ?? [];
    return issues.map(({ path, message }) =>
      document.finding(path, `not a Kubernetes object: ${path.join('.')}: ${message}`),
    );
  });
  return { objects, findings: [...findings, ...wrong] };
}

/** An image that a manifest asks for, and where. */
interface AskedImage {
  readonly image: string;
  readonly line: number;
  readonly column: number;
}

const IMAGE_LINE = /(?:^|[\s{,])["']?image["']?:\s+["']?([^\s"'{}[\],|>&*!%@`#][^\s"'{},]*)/g;

/**
 * The images of a manifest by its lines, so that those of a pod which only a ConfigMap holds, as that of a helper, are
 * found, too.
 */
export function imagesIn(text: string): AskedImage[] {
  return text.split('\n').flatMap((line, index) => {
    const code = line.replace(/(^|\s)#.*/, '');
    return [...code.matchAll(IMAGE_LINE)].flatMap((match) => {
      const [whole, image = ''] = match;
      if (!IMAGE_REFERENCE.test(image)) return [];
      return [{ image, line: index + 1, column: match.index + whole.lastIndexOf(image) + 1 }];
    });
  });
}
