import { isDeepStrictEqual } from 'node:util';
import {
  Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { GocliError, messageOf } from '../errors/error.ts';

/** Lists of a kubeconfig whose entries have a name, and the key of their content (client-go, tools/clientcmd/api/v1). */
const BODY = { clusters: 'cluster', users: 'user', contexts: 'context' } as const;
export type List = keyof typeof BODY;
export const LISTS: readonly List[] = ['clusters', 'users', 'contexts'];

/**
 * Everything is a string, so that what is only carried along (`0b1`, `1_000`, `~`) is written as it was read. client-go
 * lets the last of repeated keys count.
 */
const READ = {
  schema: 'failsafe',
  merge: true,
  uniqueKeys: false,
  prettyErrors: false,
  // Its warnings, such as of keys that are lists, would go to stderr.
  logLevel: 'error',
} as const;
/** How a plain scalar says that there is nothing. */
const NOTHING = ['', '~', 'null', 'Null', 'NULL'];
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * A kubeconfig that can be changed in some entries while everything else stays as it is: other entries, keys that nobody
 * here knows, comments. Only the first document of a stream counts, as for client-go.
 */
export class KubeconfigDocument {
  readonly #text: string;
  readonly #document: Document;
  /** What follows the first document. */
  readonly #rest: string;

  /** @throws GocliError BAD_FILE for what is no kubeconfig */
  constructor(text: string) {
    this.#text = text;
    const body = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
    const lineCounter = new LineCounter();
    const documents = parseAllDocuments(body, { ...READ, lineCounter });
    const first = 'empty' in documents ? undefined : documents[0];
    this.#document = first ?? new Document(undefined, READ);
    if ('empty' in documents) this.#document.commentBefore = documents.comment;
    // Where the document ends with a key without a value, its range ends before the line does.
    this.#rest = documents.length > 1 ? body.slice(first?.range[2]).replace(/^\r?\n/, '') : '';
    const [error] = this.#document.errors;
    if (error !== undefined) {
      // No more than the place: the line itself may hold a key.
      const { line, col } = lineCounter.linePos(error.pos[0]);
      throw bad(`is not YAML: line ${line}, column ${col}: ${error.message}`, error);
    }
    if (isNothing(this.#document.contents)) this.#document.contents = this.#document.createNode({});
    if (!isMap(this.#document.contents)) throw bad('is not a map of keys and values');
  }

  /** Contents of the entries of that name. client-go refuses two of a name in one list; here all are seen. */
  bodies(list: List, name: string): unknown[] {
    const items = this.#list(list)?.items ?? [];
    return items.filter((item) => this.#nameOf(item) === name).map((item) => this.#plain(item)[BODY[list]]);
  }

  get currentContext(): string | undefined {
    const value = pairOf(this.#root, 'current-context')?.value;
    return isScalar(value) && typeof value.value === 'string' ? value.value : undefined;
  }

  setCurrentContext(name: string): void {
    this.#describe();
    this.#set('current-context', name);
  }

  /** Puts an entry in the place of the first of its name, or at the end. */
  put(list: List, name: string, body: unknown): void {
    this.#describe();
    const node = this.#document.createNode({ name, [BODY[list]]: body });
    if (this.#list(list) === undefined) this.#set(list, []);
    const sequence = this.#list(list);
    if (sequence === undefined) throw new GocliError('INTERNAL', `no list "${list}" in the kubeconfig`);
    if (sequence.items.length === 0) sequence.flow = false;
    const at = sequence.items.findIndex((item) => this.#nameOf(item) === name);
    this.drop(list, name);
    sequence.items.splice(at === -1 ? sequence.items.length : at, 0, node);
  }

  /** Takes out all entries of that name. */
  drop(list: List, name: string): void {
    const sequence = this.#list(list);
    if (sequence !== undefined) sequence.items = sequence.items.filter((item) => this.#nameOf(item) !== name);
  }

  /**
   * The new text.
   * @param name entries of that name and the current context may differ from the text that was read
   * @throws GocliError BAD_FILE when anything else would change (an alias of what is taken out, for example)
   */
  render(name: string): string {
    const text = this.#render();
    const after = new KubeconfigDocument(text);
    const before = new KubeconfigDocument(this.#text);
    if (after.#rest !== before.#rest || !isDeepStrictEqual(after.#others(name), before.#others(name)))
      throw bad('cannot be changed without changing entries of others');
    return text;
  }

  #render(): string {
    // YAML that is JSON may have readers that know nothing else.
    const json = isJson(this.#text);
    const lines = /\r\n/.test(this.#text) && !/[^\r]\n/.test(this.#text) ? '\r\n' : '\n';
    const head = rendering(() =>
      this.#document.toString({
        lineWidth: 0,
        // As renderYaml does, for the same readers.
        defaultStringType: 'QUOTE_DOUBLE',
        defaultKeyType: json ? 'QUOTE_DOUBLE' : 'PLAIN',
      }),
    );
    const mark = this.#text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : '';
    return mark + head.replaceAll('\n', lines) + this.#rest;
  }

  get #root(): YAMLMap {
    const { contents } = this.#document;
    if (isMap(contents)) return contents;
    throw new GocliError('INTERNAL', 'the kubeconfig lost its contents');
  }

  #list(list: List): YAMLSeq | undefined {
    const value = pairOf(this.#root, list)?.value;
    if (isSeq(value)) return value;
    // kubectl writes `clusters: null` for an empty list.
    if (isNothing(value)) return undefined;
    throw bad(`has no list in "${list}"`);
  }

  #set(key: string, value: unknown): void {
    const node = this.#document.createNode(value);
    const pair = pairOf(this.#root, key);
    if (pair === undefined) this.#root.add(this.#document.createPair(key, node));
    else pair.value = node;
  }

  /** Says in a new kubeconfig what it is. */
  #describe(): void {
    if (this.#root.items.length > 0) return;
    this.#set('apiVersion', 'v1');
    this.#set('kind', 'Config');
  }

  /** Everything but the entries of that name, the current context, and what says that it is a kubeconfig. */
  #others(name: string): unknown {
    const value = rendering((): unknown => this.#document.toJS());
    const rest = without(isRecord(value) ? value : {}, 'current-context', 'apiVersion', 'kind');
    const lists = LISTS.map((list) => {
      const entries = rest[list];
      return [list, Array.isArray(entries) ? entries.filter((entry) => !named(entry, name)) : []] as const;
    });
    return { ...rest, ...Object.fromEntries(lists) };
  }

  #nameOf(item: unknown): unknown {
    return this.#plain(item)['name'];
  }

  #plain(item: unknown): Record<string, unknown> {
    const node = isAlias(item) ? item.resolve(this.#document) : item;
    if (!isMap(node)) return {};
    return rendering(() => node.toJS(this.#document) as Record<string, unknown>);
  }
}

function bad(what: string, cause?: unknown): GocliError {
  return new GocliError('BAD_FILE', `the kubeconfig ${what}`, { cause });
}

/** The library throws for aliases that lead nowhere, or to too much. */
function rendering<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw bad(`cannot be changed safely: ${messageOf(error)}`, error);
  }
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.findLast((pair) => (isScalar(pair.key) ? pair.key.value : pair.key) === key);
}

function isNothing(node: unknown): boolean {
  if (node === undefined || node === null) return true;
  return isScalar(node) && typeof node.value === 'string' && NOTHING.includes(node.value);
}

function isJson(text: string): boolean {
  try {
    return text.trimStart().startsWith('{') && JSON.parse(text) !== null;
  } catch {
    return false;
  }
}

function named(entry: unknown, name: string): boolean {
  return isRecord(entry) && entry['name'] === name;
}

/** A copy without some keys. */
export function without(record: Record<string, unknown>, ...keys: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
