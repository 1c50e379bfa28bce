import { isDeepStrictEqual } from 'node:util';
import { GocliError } from '../errors/error.ts';
import { KubeconfigDocument, LISTS, without, type List } from './kubeconfig-document.ts';
import { isAsWritten, markBody } from './kubeconfig-mark.ts';

/** Whose the entries of a name are: gocli's as it wrote them, somebody else's, or there are none. */
type Owner = 'gocli' | 'other' | 'nobody';

export interface Survey {
  readonly owners: Readonly<Record<List, Owner>>;
  readonly currentContext: string | undefined;
}

/**
 * Looks at the entries of a cluster's name in a kubeconfig. gocli's are those that carry its mark and are as they were
 * written. Versions before the mark wrote all three entries without one: they are gocli's when each has the same
 * content as in the cluster's own kubeconfig.
 * @param existing text of the file
 * @param name name of the cluster, and so of its context, cluster and user
 * @param written the cluster's own kubeconfig, as `renderKubeconfig` made it
 * @throws GocliError BAD_FILE
 */
export function surveyKubeconfig(existing: string, name: string, written: string | undefined): Survey {
  const document = new KubeconfigDocument(existing);
  const unmarked = equalsWritten(document, name, written);
  const ownerOf = (list: List): Owner => {
    const bodies = document.bodies(list, name);
    if (bodies.length === 0) return 'nobody';
    return unmarked || bodies.every((body) => isAsWritten(list, name, body)) ? 'gocli' : 'other';
  };
  const owners = {
    clusters: ownerOf('clusters'),
    users: ownerOf('users'),
    contexts: ownerOf('contexts'),
  };
  return { owners, currentContext: document.currentContext };
}

/**
 * Puts entries of `added` into a kubeconfig, with gocli's mark. Everything else stays as it is.
 * @param existing text of the file; empty for a new one
 * @param added what `renderKubeconfig` made
 * @param name name of the context, cluster and user in `added`
 * @param what the entries that belong into this file, and whether the context becomes the current one
 * @throws GocliError BAD_FILE, CONFLICT when an entry of that name is not gocli's
 */
export function mergeKubeconfig(
  existing: string,
  added: string,
  name: string,
  what: { readonly lists: readonly List[]; readonly current: boolean } = { lists: LISTS, current: true },
): string {
  refuseOthers(surveyKubeconfig(existing, name, added), name);
  const document = new KubeconfigDocument(existing);
  const addition = new KubeconfigDocument(added);
  for (const list of what.lists) {
    const [body] = addition.bodies(list, name);
    if (body === undefined) throw new GocliError('INTERNAL', `the cluster's kubeconfig has no ${list}`);
    // Of gocli's own context the namespace is the user's: kubectl keeps there what he works on.
    const { namespace } = bodyOf(list === 'contexts' ? document.bodies(list, name)[0] : undefined);
    const kept = namespace === undefined ? {} : { namespace };
    document.put(list, name, { ...markBody(list, name, body), ...kept });
  }
  if (what.current) document.setCurrentContext(name);
  return document.render(name);
}

/** @throws GocliError CONFLICT */
export function refuseOthers({ owners }: Survey, name: string): void {
  const list = LISTS.find((one) => owners[one] === 'other');
  if (list === undefined) return;
  throw new GocliError(
    'CONFLICT',
    `"${name}" in ${list} of the kubeconfig was not written by gocli, or changed since`,
    {
      hint: `Take it out (kubectl config delete-${list.slice(0, -1)} ${name}), or start this cluster under another --name.`,
    },
  );
}

/**
 * Takes what is gocli's of that name out of a kubeconfig.
 * @param unset whether the current context is unset when it is that of the cluster
 * @returns the new text, or undefined when there is nothing to take out
 * @throws GocliError BAD_FILE
 */
export function unmergeKubeconfig(
  existing: string,
  name: string,
  written: string | undefined,
  unset: boolean,
): string | undefined {
  const { owners, currentContext } = surveyKubeconfig(existing, name, written);
  const lists = LISTS.filter((list) => owners[list] === 'gocli');
  const current = unset && currentContext === name && owners.contexts !== 'other';
  if (lists.length === 0 && !current) return undefined;
  const document = new KubeconfigDocument(existing);
  for (const list of lists) document.drop(list, name);
  if (current) document.setCurrentContext('');
  return document.render(name);
}

/** A cluster that got another name. */
export interface Renamed {
  readonly from: string;
  readonly to: string;
  /** The cluster's own kubeconfig before, when there was one. */
  readonly before: string | undefined;
}

/**
 * Has what is gocli's of a cluster in a kubeconfig carry its new name, and the current context, too, if it was that.
 * All else of the entries stays as it is, also the namespace that somebody works in, so that a cluster that is stopped,
 * and has no kubeconfig then, is as good as one that runs.
 * @param current whether the current context is gocli's when it is that of the cluster
 * @returns the new text, or undefined when there is nothing to change
 * @throws GocliError BAD_FILE, CONFLICT when an entry of the new name is not gocli's
 */
export function renameInKubeconfig(
  existing: string,
  { from, to, before }: Renamed,
  current: boolean,
): string | undefined {
  const { owners, currentContext } = surveyKubeconfig(existing, from, before);
  const rest = unmergeKubeconfig(existing, from, before, current);
  if (rest === undefined) return undefined;
  refuseOthers(surveyKubeconfig(rest, to, undefined), to);
  const old = new KubeconfigDocument(existing);
  const document = new KubeconfigDocument(rest);
  for (const list of LISTS.filter((one) => owners[one] === 'gocli')) {
    // An entry that is as it was written has no extension but the mark, which has the name in it.
    const body = without(bodyOf(old.bodies(list, from)[0]), 'extensions');
    const refers = list === 'contexts' ? { cluster: to, user: to } : {};
    document.put(list, to, markBody(list, to, { ...body, ...refers }));
  }
  if (current && currentContext === from) document.setCurrentContext(to);
  return document.render(to);
}

function bodyOf(entry: unknown): Record<string, unknown> {
  return typeof entry === 'object' && entry !== null ? { ...entry } : {};
}

function equalsWritten(document: KubeconfigDocument, name: string, written: string | undefined): boolean {
  const own = written === undefined ? undefined : readOrNone(written);
  return LISTS.every((list) => {
    const bodies = document.bodies(list, name);
    return bodies.length === 1 && isDeepStrictEqual(bodies, own?.bodies(list, name));
  });
}

/** A damaged file of the cluster's own vouches for nothing. */
function readOrNone(text: string): KubeconfigDocument | undefined {
  try {
    return new KubeconfigDocument(text);
  } catch {
    return undefined;
  }
}
