/**
 * What to type for one rig: `gocli ssh --name two node01`. Its name is said wherever it is known, since the rig need
 * not be the only one, nor the one that is meant without a name.
 * @param verb with its action, if it has one: `snapshot rm`
 * @param rig its name; undefined where a rig is not known, or where it is the default one
 */
export function gocliCommand(verb: string, rig: string | undefined, ...words: string[]): string {
  return ['gocli', verb, ...(rig === undefined ? [] : ['--name', rig]), ...words].join(' ');
}
