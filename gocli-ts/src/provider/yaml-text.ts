import { type Document, isMap, isNode, isScalar, LineCounter, parseAllDocuments, parseDocument } from 'yaml';
import { messageOf } from '../errors/error.ts';
import type { Finding } from './finding.ts';

/** A YAML document that knows where each of its values stands. */
export interface YamlDocument {
  /** Undefined for what cannot be read; what was wrong with it is said beside. */
  readonly data: unknown;
  /**
   * Something that is wrong with it.
   * @param path of the value; for what is not there, the nearest enclosing one is meant
   * @param key of the mapping at that path that is meant, when the key is wrong and not its value
   */
  finding(path: readonly PropertyKey[], text: string, key?: string): Finding;
}

interface ReadYaml {
  readonly documents: readonly YamlDocument[];
  /** What is no YAML. */
  readonly findings: readonly Finding[];
}

/**
 * Reads a text of one document, such as provider.yaml; a second one is an error of it.
 * @param version of YAML, as whoever else reads the text has it
 */
export function readYamlDocument(text: string, file: string, version: '1.1' | '1.2' = '1.2'): ReadYaml {
  const lines = new LineCounter();
  return read([parseDocument(text, { lineCounter: lines, prettyErrors: false, version })], lines, file);
}

/** Reads a text of any number of documents, such as a manifest. */
export function readYamlStream(text: string, file: string): ReadYaml {
  const lines = new LineCounter();
  // Of a text without any document the package gives an array that is marked as empty.
  return read([...parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })], lines, file);
}

function read(documents: readonly Document.Parsed[], lines: LineCounter, file: string): ReadYaml {
  const at = (offset: number, text: string): Finding => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), text };
  };
  const findings = documents.flatMap(({ errors }) =>
    // Of a second document the package says which function of its own to call.
    errors.map(({ code, pos, message }) =>
      at(pos[0], code === 'MULTIPLE_DOCS' ? 'a second document begins here' : message),
    ),
  );
  const readable = documents.map((document): YamlDocument => {
    const finding: YamlDocument['finding'] = (path, text, key) => at(offsetOf(document, path, key), text);
    if (document.errors.length > 0) return { data: undefined, finding };
    try {
      return { data: document.toJS() as unknown, finding };
    } catch (error) {
      // The yaml package refuses documents that expand to an excessive number of aliases.
      findings.push(at(0, `cannot be expanded: ${messageOf(error)}`));
      return { data: undefined, finding };
    }
  });
  return { documents: readable, findings };
}

/** Where in the text a path is; for what is not there, where the nearest enclosing value begins. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[], key: string | undefined): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (!isNode(node)) continue;
    const named =
      key !== undefined && isMap(node) ? node.items.find((pair) => nameOf(pair.key) === key) : undefined;
    const found = isNode(named?.key) ? named.key : node;
    return found.range?.[0] ?? 0;
  }
  return 0;
}

function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}
