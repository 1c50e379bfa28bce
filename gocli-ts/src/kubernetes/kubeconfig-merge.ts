import { Document, isMap, isScalar, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { GocliError } from '../errors/error.ts';

/** Lists of a kubeconfig whose entries have a name (k8s.io/client-go, tools/clientcmd/api/v1). */
const LISTS = ['clusters', 'users', 'contexts'] as const;

/**
 * Puts the one context of `added` into a kubeconfig and makes it the current one. Everything else stays as it is:
 * other entries, keys that nobody here knows, comments.
 * @param existing text of the file; empty for a new one
 * @param added what `renderKubeconfig` made
 * @param name name of the context, cluster and user in `added`
 * @throws GocliError BAD_FILE, CONFLICT when an entry of that name belongs to a cluster elsewhere
 */
export function mergeKubeconfig(existing: string, added: string, name: string): string {
  const document = read(existing);
  const addition = read(added);
  refuseForeign(document, name);
  for (const list of LISTS) {
    const entry = find(listOf(addition, list), name);
    if (entry === undefined)
      throw new GocliError('INTERNAL', `the kubeconfig to merge has no "${name}" in ${list}`);
    replace(requireList(document, list), name, document.createNode(entry.toJSON()) as YAMLMap);
  }
  document.set('current-context', name);
  return document.toString({ lineWidth: 0 });
}

/**
 * Takes the context, cluster and user of that name out of a kubeconfig. Entries of a cluster elsewhere stay.
 * @returns the new text, or undefined when there is nothing to take out
 * @throws GocliError BAD_FILE
 */
export function unmergeKubeconfig(existing: string, name: string): string | undefined {
  const document = read(existing);
  if (!LISTS.some((list) => find(listOf(document, list), name) !== undefined)) return undefined;
  if (foreignServer(document, name) !== undefined) return undefined;
  for (const list of LISTS) {
    const sequence = listOf(document, list);
    if (sequence !== undefined) sequence.items = sequence.items.filter((item) => nameOf(item) !== name);
  }
  if (document.get('current-context') === name) document.set('current-context', '');
  return document.toString({ lineWidth: 0 });
}

function read(text: string): Document {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined)
    throw new GocliError('BAD_FILE', `the kubeconfig is not YAML: ${error.message}`, { cause: error });
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    return new Document({ apiVersion: 'v1', kind: 'Config' });
  }
  if (!isMap(document.contents))
    throw new GocliError('BAD_FILE', 'the kubeconfig is not a map of keys and values');
  return document;
}

function listOf(document: Document, list: string): YAMLSeq | undefined {
  const value = document.get(list, true);
  if (isSeq(value)) return value;
  // kubectl writes `clusters: null` for an empty list.
  if (value === undefined || (isScalar(value) && value.value === null)) return undefined;
  throw new GocliError('BAD_FILE', `"${list}" of the kubeconfig is not a list`);
}

function requireList(document: Document, list: string): YAMLSeq {
  const present = listOf(document, list);
  if (present !== undefined) {
    if (present.items.length === 0) present.flow = false;
    return present;
  }
  const made = document.createNode([]) as YAMLSeq;
  document.set(list, made);
  return made;
}

function nameOf(item: unknown): unknown {
  return isMap(item) ? item.get('name') : undefined;
}

function find(list: YAMLSeq | undefined, name: string): YAMLMap | undefined {
  const found = list?.items.find((item) => nameOf(item) === name);
  return isMap(found) ? found : undefined;
}

function replace(list: YAMLSeq, name: string, entry: YAMLMap): void {
  const at = list.items.findIndex((item) => nameOf(item) === name);
  if (at === -1) list.items.push(entry);
  else list.items[at] = entry;
}

/** Server of the cluster of that name, when it is not one of this host. gocli publishes on 127.0.0.1 only. */
function foreignServer(document: Document, name: string): string | undefined {
  const cluster = find(listOf(document, 'clusters'), name)?.get('cluster');
  const server = isMap(cluster) ? cluster.get('server') : undefined;
  return typeof server === 'string' && !server.startsWith('https://127.0.0.1:') ? server : undefined;
}

function refuseForeign(document: Document, name: string): void {
  const server = foreignServer(document, name);
  if (server === undefined) return;
  throw new GocliError('CONFLICT', `the kubeconfig has another cluster "${name}": ${server}`, {
    hint: 'Rename that one, or start this cluster under another --name.',
  });
}
