import { z } from 'zod';
import type { Finding } from '../../provider/finding.ts';
import { didYouMean } from '../../shared/text.ts';
import type { InspectedManifest } from './inspect-recipe.ts';
import type { ApiDefinitions } from './openapi.ts';
import { validateObject } from './validate-object.ts';

const typed = z.looseObject({ apiVersion: z.string(), kind: z.string() });
const definition = z.looseObject({
  kind: z.literal('CustomResourceDefinition'),
  spec: z.looseObject({
    group: z.string(),
    names: z.looseObject({ kind: z.string() }),
    versions: z.array(z.looseObject({ name: z.string() })),
  }),
});

/** Where the objects of manifests are not what the API of one version of Kubernetes takes. */
export function manifestFindings(manifests: readonly InspectedManifest[], api: ApiDefinitions): Finding[] {
  const custom = new Set(
    manifests.flatMap(({ objects }) => objects.flatMap(({ data }) => customKinds(data))),
  );
  const known = [...api.kinds.keys(), ...custom];
  return manifests.flatMap(({ objects }) =>
    objects.flatMap((document) => {
      const { data: object } = typed.safeParse(document.data);
      // That it has no kind is said where it is read.
      if (object === undefined) return [];
      const kind = `${object.apiVersion} ${object.kind}`;
      // kubectl takes it apart before the API sees it.
      if (custom.has(kind) || kind === 'v1 List') return [];
      const name = api.kinds.get(kind);
      if (name === undefined) {
        const near =
          didYouMean(kind, known) || ' A kind of your own needs its CustomResourceDefinition in manifests/.';
        return [document.finding(['kind'], `Kubernetes has no ${kind}.${near}`)];
      }
      return validateObject(document.data, name, api).map(({ path, key, text }) =>
        document.finding(path, text, key),
      );
    }),
  );
}

function customKinds(data: unknown): string[] {
  const { data: found } = definition.safeParse(data);
  if (found === undefined) return [];
  const { group, names, versions } = found.spec;
  return versions.map(({ name }) => `${group}/${name} ${names.kind}`);
}
