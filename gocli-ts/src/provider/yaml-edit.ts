import { isScalar, parseDocument } from 'yaml';

/** A value to be set, or taken away. */
export interface YamlEdit {
  readonly path: readonly (string | number)[];
  /** Undefined takes the key away. */
  readonly value: string | Readonly<Record<string, unknown>> | undefined;
}

/**
 * The text with other values. Where all of them stand there already, nothing else of it changes; else it is written anew,
 * with its comments.
 */
export function editYaml(text: string, edits: readonly YamlEdit[]): string {
  const document = parseDocument(text);
  const changed = edits.filter(({ path, value }) => document.getIn(path) !== value);
  const splices = changed.flatMap(({ path, value }) => {
    const node = document.getIn(path, true);
    return isScalar(node) && typeof value === 'string' && node.range != null
      ? [{ from: node.range[0], to: node.range[1], value }]
      : [];
  });
  if (splices.length === changed.length) return spliced(text, splices);
  for (const { path, value } of changed) {
    if (value !== undefined) document.setIn(path, value);
    else if (document.hasIn(path)) document.deleteIn(path);
  }
  return document.toString({ lineWidth: 0 });
}

function spliced(text: string, splices: readonly { from: number; to: number; value: string }[]): string {
  return [...splices]
    .sort((a, b) => b.from - a.from)
    .reduce((changed, { from, to, value }) => changed.slice(0, from) + value + changed.slice(to), text);
}
