import test from 'ava';
import fc from 'fast-check';
import { parse } from 'yaml';
import { checkRigName } from '../../../gocli-ts/src/rig/names.ts';
import { renderYaml } from '../../../gocli-ts/src/shared/yaml.ts';

const VERSIONS = ['1.1', '1.2'] as const;

/** What some reader of YAML takes for a boolean, nothing, a number or a date. */
const AMBIGUOUS = [
  ...['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null', '~', ''],
  ...[
    '0',
    '017',
    '0o17',
    '0x1f',
    '0b1',
    '1e3',
    '1.5',
    '1e-3',
    '0b-1',
    '08',
    '1_000',
    '1:30',
    '190:20:30',
    '.5',
    '5.',
  ],
  ...['2024-01-01', '.nan', '.inf', 'No', 'ON', 'NULL'],
];

function isName(text: string): boolean {
  try {
    return checkRigName(text, 'name') === text;
  } catch {
    return false;
  }
}

test('what some reader takes for something else than a string is quoted, as value and as key', (t) => {
  for (const word of AMBIGUOUS) {
    const text = renderYaml({ value: word, [word]: 1 });
    t.true(text.includes(`value: "${word}"`), text);
    for (const version of VERSIONS) t.deepEqual(parse(text, { version }), { value: word, [word]: 1 }, text);
  }
});

test('property: every name of a cluster comes back as the string it was, whichever version of YAML reads it', (t) => {
  const letters = fc.constantFrom(...'0123456789abefnostxy.-'.split(''));
  const names = fc.oneof(
    fc.constantFrom(...AMBIGUOUS.filter(isName)),
    fc.string({ unit: letters, minLength: 1, maxLength: 8 }).filter(isName),
  );
  fc.assert(
    fc.property(names, (name) => {
      const value = { name, list: [name], [name]: true };
      for (const version of VERSIONS) t.deepEqual(parse(renderYaml(value), { version }), value);
    }),
    { numRuns: 2000 },
  );
});
