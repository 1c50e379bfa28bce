/** What a text says in JSON; undefined for one that is none, or none at all. */
export function parseJson(text: string | Buffer | undefined): unknown {
  try {
    return JSON.parse(text?.toString() ?? 'null');
  } catch {
    return undefined;
  }
}
