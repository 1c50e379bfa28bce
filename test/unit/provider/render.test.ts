import test from 'ava';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { findingLine } from '../../../gocli-ts/src/provider/finding.ts';
import { renderYaml } from '../../../gocli-ts/src/provider/render.ts';

const NAMES = new Map<string, string | undefined>([
  ['name', 'vm-mine'],
  ['user', 'jenkins'],
  ['UID', '1000'],
  ['VERSION', '1.30'],
  ['MODE', '0644'],
  ['ON', 'true'],
  ['MISSING', undefined],
]);
const said = (text: string): string[] => renderYaml(text, 'user-data', NAMES).findings.map(findingLine);
const rendered = (text: string): unknown => parse(renderYaml(text, 'f', NAMES).text);

test('names become values in what YAML says, and everything else stays as it is written', (t) => {
  const text = `#cloud-config
# of \${nobody}
hostname: \${name} # as it is called
users:
  - { name: "\${user}", note: 'x' }
runcmd:
  - |
    echo \${name}
    for x in $\${FILES} \${x:-y} \${x-y} $(z); do echo "$x"; done
  - next
`;
  const { text: out, findings } = renderYaml(text, 'f', NAMES, '1.1');
  t.deepEqual(findings, []);
  t.deepEqual(parse(out), {
    hostname: 'vm-mine',
    users: [{ name: 'jenkins', note: 'x' }],
    runcmd: ['echo vm-mine\nfor x in ${FILES} ${x:-y} ${x-y} $(z); do echo "$x"; done\n', 'next'],
  });
  const linesOf = (all: string): number[] =>
    ['#cloud-config', '# of ${nobody}', 'hostname', '- next'].map((word) =>
      all.split('\n').findIndex((line) => line.trim().startsWith(word)),
    );
  t.deepEqual(linesOf(out), linesOf(text));
});

test('only a whole number and a truth value, unquoted and alone, are more than text', (t) => {
  const of = (value: string): unknown => (rendered(`a: ${value}\n`) as { a: unknown }).a;
  t.is(of('${UID}'), 1000);
  t.is(of('"${UID}"'), '1000');
  t.is(of('u${UID}'), 'u1000');
  t.is(of('${UID}${UID}'), '10001000');
  t.is(of('${ON}'), true);
  t.is(of('${VERSION}'), '1.30');
  t.is(of('${MODE}'), '0644');
});

test('an unknown name is told at its place, with the nearest one', (t) => {
  t.deepEqual(said('a: b\nc: x ${nam} "${name}" ${HOME}\n"${user}": 1\n'), [
    'user-data:2:6: unknown name "nam". Did you mean "name"? A shell\'s own is written $${nam}',
    'user-data:2:23: unknown name "HOME". Did you mean "name"? A shell\'s own is written $${HOME}',
    'user-data:3:2: ${user} stands in a key, and only values are filled in',
  ]);
  // What is escaped in the text is told where its value begins.
  t.regex(said('a: "\\x24{nam} ${name}"\n')[0] ?? '', /^user-data:1:4: unknown name "nam"/);
  t.regex(said('a:\n  - |\n    x\n    y ${nam}\n')[0] ?? '', /^user-data:4:7:/);
});

test('a name without a value stays, and it is told where', (t) => {
  const { text, open } = renderYaml('a: ${name}\nb: [x, "${MISSING}"]\n', 'f', NAMES);
  t.is(text, 'a: "vm-mine"\nb: [x, "${MISSING}"]\n');
  t.deepEqual(open, [{ line: 2, column: 8, names: ['MISSING'] }]);
});

test('what has no name, or is no YAML, is left as it is', (t) => {
  for (const text of ['a: $x $(y) ${z:-1}\n', 'a: [${name}\n']) t.is(renderYaml(text, 'f', NAMES).text, text);
});

/** Any value, also such as YAML would read otherwise. */
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'a: b',
    '- x',
    'o\'b"',
    '# no',
    '\n',
    ' x ',
    '{}',
    '[',
    '&a',
    '*a',
    '!t',
    '|',
    '1.30',
    'yes',
    '~',
    '',
  ),
  fc.string({ unit: fc.constantFrom(':', ' ', '\n', '"', "'", '\\', '#', '-', '\t', '\u0085', 'x') }),
);

test('whatever a value is, the structure stays, in each way to write a text', (t) => {
  const tree = fc.letrec((tie) => ({
    one: fc.oneof({ maxDepth: 4 }, tie('leaf'), fc.array(tie('one'), { maxLength: 4 }), tie('map')),
    map: fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie('one'), { maxKeys: 4, noNullPrototype: true }),
    leaf: fc.oneof(
      fc.integer(),
      fc.boolean(),
      fc
        .array(fc.constantFrom('${V}', ' a', '\n', '"', ': ', 'long '.repeat(20)), { maxLength: 5 })
        .map((all) => all.join('')),
    ),
  })).one;
  const style = fc.constantFrom('PLAIN', 'BLOCK_LITERAL', 'BLOCK_FOLDED', 'QUOTE_DOUBLE', 'QUOTE_SINGLE');
  const fill = (data: unknown, by: string): unknown =>
    JSON.parse(JSON.stringify(data), (_, one: unknown) =>
      typeof one === 'string' ? one.replaceAll('${V}', () => by) : one,
    );
  fc.assert(
    fc.property(tree, style, value, (data, defaultStringType, filled) => {
      const text = stringify({ top: data }, { defaultStringType, defaultKeyType: 'PLAIN' });
      const { text: out, findings } = renderYaml(text, 'f', new Map([['V', filled]]));
      t.deepEqual(findings, []);
      // Not what it was made from: the package folds some texts otherwise than it reads them.
      const before = parse(text) as unknown;
      // A value that is nothing but a number and unquoted is one; that is another test.
      if (/^(0|-?[1-9]\d*|true|false)$/.test(filled)) return;
      t.deepEqual(parse(out), fill(before, filled));
      t.true(out.split('\n').length >= text.split('\n').length);
    }),
    { numRuns: 500 },
  );
});
