import { GocliError } from '../errors/error.ts';
import { quote } from '../shared/quote.ts';

/** `--name`: which cluster. kubevirtci calls it prefix. */
export const nameOption = {
  name: {
    alias: ['p', 'prefix'],
    type: 'string',
    requiresArg: true,
    describe: 'Name of the cluster',
    completes: 'clusters',
  },
} as const;

/** Of verbs that are of no cluster: scripts written for kubevirtci give it to every verb. */
export const idlePrefix = {
  prefix: { alias: 'p', type: 'string', requiresArg: true, hidden: true },
} as const;

/** The cluster that is named, by a word or a flag. @throws GocliError USAGE when these name two */
export function clusterOf({ cluster, name }: { cluster?: string | undefined; name?: string | undefined }) {
  if (cluster === undefined || name === undefined || cluster === name) return cluster ?? name;
  throw new GocliError('USAGE', `which cluster: "${cluster}", or "${name}" as --name says?`, {
    hint: 'Name one of them.',
  });
}

/** A list is of all. @param instead the verb that takes such a word @throws GocliError USAGE */
export function refuseWord(word: string | undefined, instead: string): void {
  if (word === undefined) return;
  throw new GocliError('USAGE', `unexpected word "${word}": a list is of all`, {
    hint: `Of one: gocli ${instead} ${quote(word)}`,
  });
}
