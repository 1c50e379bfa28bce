/**
 * Words of a POSIX shell, both ways (XCU 2.2). Remote commands, scripts in containers and what users are to type need
 * it; on the host programs are started with argument arrays.
 */

/** One word for a POSIX shell. */
export function quote(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command line for a POSIX shell that runs exactly this argument array. */
export function quoteAll(argv: readonly string[]): string {
  return argv.map(quote).join(' ');
}

/** A run of blanks, or a part of a word: in single quotes, in double quotes, after a backslash, or bare. */
const PARTS = /(\s+)|'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|([^\s'"\\]+)/gy;

/**
 * The words that a shell makes of a line, without expansions.
 * @throws Error for a quote that is not closed, and for what a shell would take for more than words
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let end = 0;
  for (const [all, blank, single, double, escaped, bare] of line.matchAll(PARTS)) {
    end += all.length;
    if (blank !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    // A line that goes on.
    if (escaped === '\n') continue;
    const operator = /[;&|<>()`]/.exec(bare ?? '')?.[0];
    if (operator !== undefined)
      throw new Error(`"${operator}" is for a shell; as part of a word it is quoted`);
    const inDouble = double?.replaceAll(/\\([$`"\\\n])/g, (_, one: string) => (one === '\n' ? '' : one));
    word = (word ?? '') + (single ?? inDouble ?? escaped ?? bare ?? '');
  }
  if (end < line.length) throw new Error(`what begins at ${line.slice(end, end + 20)} is not closed`);
  if (word !== undefined) words.push(word);
  return words;
}
