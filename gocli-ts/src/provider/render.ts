import { LineCounter, parseDocument, Scalar, visit } from 'yaml';
import { didYouMean } from '../shared/text.ts';
import type { Finding } from './finding.ts';

/** Values by the names that a file may use; undefined for one that is known and has none. */
export type Names = ReadonlyMap<string, string | undefined>;

/** A file with values in the place of names. */
export interface Rendered {
  readonly text: string;
  /** Names that there are not, each at its place. */
  readonly findings: readonly Finding[];
  /** Where values begin that have such a name, or one that is known and has no value; they stand there as they were. */
  readonly open: readonly Open[];
}

interface Open extends Pick<Finding, 'line' | 'column'> {
  /** Those of its names that are known and have no value. */
  readonly names: readonly string[];
}

/** `${name}`, and what stands for a `${` of the text itself. All else with a `$` is the file's own: `${x:-y}`, `${x-y}`, `$(x)`. */
const NAME = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
/** What YAML 1.1 and 1.2 both read as a number or a truth value, and write in the same way. */
const TYPED = /^(?:0|-?[1-9]\d{0,14}|true|false)$/;

/** Whether anything in a text would be rendered. */
export function hasNames(text: string): boolean {
  return text.search(NAME) !== -1;
}

/**
 * A YAML text with a value for each `${name}`, and `${` for each `$${`. Names are looked for in what YAML says, not in the
 * text: whatever a value is, it stays in the one text that it was put into. Only where an unquoted value is nothing but a
 * name, a whole number and a truth value become ones. Nothing else of the text changes, and every line keeps its number.
 * @param version of YAML, as whoever reads the result has it
 */
export function renderYaml(
  text: string,
  file: string,
  names: Names,
  version: '1.1' | '1.2' = '1.2',
): Rendered {
  const none = { text, findings: [], open: [] };
  if (!hasNames(text)) return none;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version });
  // Whoever reads it says what is wrong with it.
  if (document.errors.length > 0) return none;
  const at = (offset: number): Pick<Finding, 'line' | 'column'> => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const findings: Finding[] = [];
  const open: Open[] = [];
  const splices: Splice[] = [];
  visit(document, {
    Scalar(key, node) {
      const { value, range } = node;
      if (typeof value !== 'string' || range == null || !hasNames(value)) return;
      const wrong = key === 'key' ? inKey(value) : unknownNames(value, names);
      const places = placesIn(text, value, range);
      findings.push(
        ...wrong.map(({ nth, text: said }) => ({ file, ...at(places[nth] ?? range[0]), text: said })),
      );
      const filled = wrong.length > 0 ? undefined : filledIn(value, names);
      if (filled === undefined)
        open.push({
          ...at(range[0]),
          names: namesIn(value).filter((name) => names.has(name) && names.get(name) === undefined),
        });
      else splices.push({ from: range[0], to: range[1], text: written(node, filled, text) });
    },
  });
  return { text: spliced(text, splices), findings, open };
}

interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

interface Fault {
  /** Which of the names in the value. */
  readonly nth: number;
  readonly text: string;
}

/** A key that depends on a value might be there twice. */
function inKey(value: string): Fault[] {
  const name = value.match(NAME)?.[0] ?? '';
  return [{ nth: 0, text: `${name} stands in a key, and only values are filled in` }];
}

function unknownNames(value: string, names: Names): Fault[] {
  return [...value.matchAll(NAME)].flatMap(([, name], nth) => {
    if (name === undefined || names.has(name)) return [];
    const known = [...names.keys()];
    const near = didYouMean(name, known) || ` Known: ${known.join(', ')}.`;
    return [{ nth, text: `unknown name "${name}".${near} A shell's own is written $\${${name}}` }];
  });
}

/** Where each of the names in a value stands in the text; nothing when that cannot be told, as of what is escaped. */
function placesIn(text: string, value: string, [from, to]: readonly [number, number, number]): number[] {
  const places = [...text.slice(from, to).matchAll(NAME)].map(({ index }) => from + index);
  return places.length === [...value.matchAll(NAME)].length ? places : [];
}

function namesIn(value: string): string[] {
  return [...value.matchAll(NAME)].flatMap(([, name]) => name ?? []);
}

/** A value with those of its names; undefined when one of them has none. */
export function filledIn(value: string, names: Names): string | undefined {
  if (namesIn(value).some((name) => names.get(name) === undefined)) return undefined;
  return value.replace(NAME, (_, name: string | undefined) =>
    name === undefined ? '${' : (names.get(name) ?? ''),
  );
}

/** A value as it is written in the place of another one, with as many lines. */
function written({ range, type }: Scalar, value: string, text: string): string {
  const [from = 0, to = 0] = range ?? [];
  const before = text.slice(from, to);
  const isOne = /^\$\{[^}$]*\}$/.test(before);
  if (type === Scalar.PLAIN && isOne && TYPED.test(value)) return value;
  const [last = '', ...others] = before.split('\n').reverse();
  // Behind a block there is nothing but the next line.
  if (type === Scalar.BLOCK_LITERAL || type === Scalar.BLOCK_FOLDED)
    return `"${escaped(value)}"${'\n'.repeat(others.length)}`;
  // A break that is escaped is none of the value, and its next line begins behind the blanks.
  const indent = /^ */.exec(last)?.[0] ?? '';
  return `"${escaped(value)}${`\\\n${indent}`.repeat(others.length)}"`;
}

/** For double quotes, so that YAML 1.1 and 1.2 read it alike. */
function escaped(value: string): string {
  const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');
  return value.replace(/[^ -~]|["\\]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === '"' || character === '\\') return `\\${character}`;
    if (character === '\n') return '\\n';
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  });
}

function spliced(text: string, splices: readonly Splice[]): string {
  return [...splices]
    .sort((a, b) => b.from - a.from)
    .reduce((changed, { from, to, text: own }) => changed.slice(0, from) + own + changed.slice(to), text);
}
