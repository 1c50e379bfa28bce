/**
 * One word for a POSIX shell. Only remote commands (ssh) and scripts in containers need it; on the host programs
 * are started with argument arrays.
 */
export function quote(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command line for a POSIX shell that runs exactly this argument array. */
export function quoteAll(argv: readonly string[]): string {
  return argv.map(quote).join(' ');
}
