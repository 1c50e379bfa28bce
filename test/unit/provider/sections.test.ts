import test from 'ava';
import { loadKinds } from '../../../gocli-ts/src/api/kinds.ts';
import { extendProvider } from '../../../gocli-ts/src/provider/extend.ts';
import { providerFacts } from '../../../gocli-ts/src/provider/facts.ts';
import { extendingSchema, providerSchema, SECTIONS } from '../../../gocli-ts/src/provider/schema.ts';
import type { YamlDocument } from '../../../gocli-ts/src/provider/yaml-text.ts';

const COMMON = { apiVersion: 'gocli.io/v1', kind: 'Provider' } as const;
/** A section of each kind; a kind that is not here has none to be tried. */
const EXAMPLES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  kubernetes: { version: '1.36.3', podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12' },
  vm: { user: 'debian' },
};

/** Asked only where something is wrong. */
const NO_DOCUMENT = {} as YamlDocument;

test('the section of each kind reaches the facts of an image, also of a provider that extends another', async (t) => {
  const kinds = await loadKinds();
  t.deepEqual(Object.keys(SECTIONS).sort(), kinds.map(({ name }) => name).sort());
  for (const name of Object.keys(SECTIONS)) {
    const section = EXAMPLES[name] ?? {};
    t.not(Object.keys(section).length, 0, name);
    const base = providerSchema.parse({
      ...COMMON,
      name: 'x-1',
      guest: 'debian-13',
      defaults: { nodes: 1, cpus: 1, memory: '1G', disk: '2G' },
      [name]: section,
    });
    t.deepEqual(providerFacts(base)[name], section);
    const [first = '', value = ''] = Object.entries(section)[0] ?? [];
    const other = first === 'version' ? '1.37.0' : `${value}x`;
    const own = extendingSchema.parse({ ...COMMON, name: 'x-2', extends: 'x/1', [name]: { [first]: other } });
    const { data } = extendProvider(base, own, NO_DOCUMENT);
    t.deepEqual(data?.[name as keyof typeof SECTIONS], { ...section, [first]: other });
  }
});
