import test from 'ava';
import fc from 'fast-check';
import type { Addon, Catalog } from '../../../gocli-ts/src/addons/catalog.ts';
import { readWishes } from '../../../gocli-ts/src/addons/options.ts';
import { inOrder, planAddons, plannedIn } from '../../../gocli-ts/src/addons/plan.ts';
import { renderAddon } from '../../../gocli-ts/src/addons/render.ts';
import { addonSchema } from '../../../gocli-ts/src/addons/schema.ts';
import { inspectManifest } from '../../../gocli-ts/src/provider/manifest-text.ts';
import type { GocliError } from '../../../gocli-ts/src/errors/error.ts';

function addonOf(name: string, changed: object = {}, manifest = ''): Addon {
  const config = addonSchema.parse({
    apiVersion: 'gocli.io/v1',
    kind: 'Addon',
    name,
    version: '1.0.0',
    summary: 'x',
    ...changed,
  });
  const { objects } = inspectManifest(manifest, 'f');
  return {
    ...config,
    folder: `/${name}`,
    digest: `digest-${name}`,
    manifests: [{ file: 'f', text: manifest, objects }],
  };
}

const catalogOf = (...addons: Addon[]): Catalog => new Map(addons.map((one) => [one.name, one]));

const NODES = { nodes: { type: 'integer', describe: 'how many', default: 2, minimum: 0, maximum: 9 } };
const POOL = {
  pool: { type: 'string', describe: 'which', default: 'a-b', pattern: '[a-z]+-[a-z]+', example: 'x-y' },
};

function planOf(texts: readonly string[], catalog: Catalog): { planned: unknown; errors: string[] } {
  const errors: GocliError[] = [];
  const planned = planAddons(readWishes(texts, '--addon'), catalog, '--addon', errors);
  return { planned, errors: errors.map(({ message }) => message) };
}

test('what is needed comes along and before, whatever was asked for first', (t) => {
  const catalog = catalogOf(
    addonOf('c', { needs: ['b', 'a'] }),
    addonOf('b', { needs: ['a'] }),
    addonOf('a'),
    addonOf('z', { builtIn: true }),
  );
  const names = (texts: string[]): string[] =>
    planAddons(readWishes(texts, '--addon'), catalog, '--addon', []).map(({ name }) => name);
  t.deepEqual(names(['c', 'z']), ['a', 'b', 'c']);
  t.deepEqual(planOf(['b', 'c'], catalog), planOf(['c', 'b', 'a'], catalog));
});

test('an order puts everything behind what it needs', (t) => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  // Only of earlier letters, so that there is no circle.
  const needs = fc.tuple(...names.map((_, at) => fc.subarray(names.slice(0, at))));
  fc.assert(
    fc.property(needs, fc.shuffledSubarray(names), (all, asked) => {
      const catalog = catalogOf(...names.map((name, at) => addonOf(name, { needs: all[at] ?? [] })));
      const ordered = inOrder(
        asked.flatMap((name) => catalog.get(name) ?? []),
        catalog,
      );
      for (const [at, one] of ordered.entries())
        for (const need of one.needs) t.true(ordered.slice(0, at).some(({ name }) => name === need));
      t.true(asked.every((name) => ordered.some((one) => one.name === name)));
    }),
  );
});

test('options are read by their schema, the defaults among them', (t) => {
  const catalog = catalogOf(addonOf('a', { options: { ...NODES, ...POOL } }));
  t.like(planOf(['a'], catalog), { errors: [] });
  t.deepEqual(planOf(['a,pool=x-y', 'a,nodes=3'], catalog).planned, [
    { name: 'a', version: '1.0.0', digest: 'digest-a', options: { nodes: 3, pool: 'x-y' } },
  ]);
});

test('all that is wrong with what is asked for is said, with the nearest name', (t) => {
  const catalog = catalogOf(addonOf('kwok', { options: { ...NODES, ...POOL } }));
  t.deepEqual(planOf(['kwok,nodes=10,node=1,pool=x', 'kwik'], catalog).errors, [
    '--addon: there is no addon "kwik". Did you mean "kwok"?',
    '--addon: addon kwok has no option "node". Did you mean "nodes"?',
    '--addon: option nodes of addon kwok: "10" is more than 9',
    '--addon: option pool of addon kwok: "x" is not as it has to be, for example x-y',
  ]);
  t.deepEqual(planOf(['kwok,nodes=many'], catalog).errors, [
    '--addon: option nodes of addon kwok: "many" is no integer',
  ]);
  for (const bad of ['', 'A', 'a,', 'a,b', 'a b', 'a=1', 'a,=1'])
    t.throws(() => readWishes([bad], '--addon'), { code: 'BAD_VALUE', message: /^--addon: / }, bad);
});

test('an option may be said not to be less than another, whichever of them was given', (t) => {
  const range = {
    first: { type: 'integer', describe: 'from', default: 3, minimum: 1, maximum: 9 },
    last: { type: 'integer', describe: 'to', default: 5, minimum: 1, maximum: 9, atLeast: 'first' },
  };
  const catalog = catalogOf(addonOf('a', { options: range }));
  t.like(planOf(['a,first=5'], catalog), { errors: [] });
  t.deepEqual(planOf(['a,first=6'], catalog).errors, [
    '--addon: option last of addon a: 5 is less than 6, the value of first',
  ]);
  t.deepEqual(planOf(['a,first=4,last=2'], catalog).errors, [
    '--addon: option last of addon a: "2" is less than 4, the value of first',
  ]);
  t.deepEqual(planOf(['a,first=10'], catalog).errors, [
    '--addon: option first of addon a: "10" is more than 9',
  ]);
});

test('files that are not those of the plan are refused', (t) => {
  const [planned] = planAddons(readWishes(['a'], '--addon'), catalogOf(addonOf('a')), '--addon', []);
  if (planned === undefined) return void t.fail();
  t.is(plannedIn(planned, catalogOf(addonOf('a'))).name, 'a');
  t.throws(() => plannedIn(planned, catalogOf({ ...addonOf('a'), digest: 'other' })), { code: 'CONFLICT' });
  t.throws(() => plannedIn(planned, catalogOf()), { code: 'CONFLICT' });
});

test('values keep their type, what is repeated is numbered, and everything says whose it is', (t) => {
  const manifest = `apiVersion: v1
kind: Node
metadata:
  name: n-\${index}
  annotations: { gocli.io/repeat: '\${nodes}', kept: 'yes' }
spec: { replicas: '\${nodes}', words: ['\${nodes} of them', $(ENV), '{{ go }}', '\${network}.\${nodes}'] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: d, namespace: s, labels: { app: d } }
`;
  const addon = addonOf('a', { options: NODES }, manifest);
  const [objects = []] = renderAddon(addon, { nodes: 2 }, '10.5.0.0/24');
  t.deepEqual(
    objects.map(({ kind, name, namespace }) => [kind, name, namespace]),
    [
      ['Node', 'n-1', undefined],
      ['Node', 'n-2', undefined],
      ['Deployment', 'd', 's'],
    ],
  );
  t.like(objects[0]?.body, {
    metadata: { name: 'n-1', annotations: { kept: 'yes' }, labels: { 'gocli.io/addon': 'a' } },
    spec: { replicas: 2, words: ['2 of them', '$(ENV)', '{{ go }}', '10.5.0.2'] },
  });
  t.like(objects[2]?.body, { metadata: { labels: { app: 'd', 'gocli.io/addon': 'a' } } });
  t.is(renderAddon(addon, { nodes: 0 }, '10.5.0.0/24')[0]?.length, 1);
});
