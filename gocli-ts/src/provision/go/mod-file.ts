import type { Finding } from '../../provider/finding.ts';
import { didYouMean } from '../../shared/text.ts';

/** Directives of a go.mod (https://go.dev/ref/mod#go-mod-file). */
const DIRECTIVES = [
  'module',
  'go',
  'toolchain',
  'godebug',
  'require',
  'replace',
  'exclude',
  'retract',
  'tool',
  'ignore',
];

/** One directive of a go.mod; those of a block are one each. */
export interface GoDirective {
  readonly directive: string;
  /** Its words without the directive itself: `["k8s.io/api", "v0.36.3"]`. */
  readonly words: readonly string[];
  /** Needed by what is required only. */
  readonly indirect: boolean;
  readonly line: number;
  readonly column: number;
}

export interface GoModFile {
  readonly file: string;
  readonly directives: readonly GoDirective[];
  readonly findings: readonly Finding[];
}

/** Reads a go.mod as far as its lines say what they are; whether they fit together is Go's to say. */
export function parseGoMod(text: string, file: string): GoModFile {
  const directives: GoDirective[] = [];
  const findings: Finding[] = [];
  let block: string | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const [code = '', comment = ''] = raw.split('//', 2);
    const words = code.trim().split(/\s+/).filter(Boolean);
    const place = { line: index + 1, column: code.length - code.trimStart().length + 1 };
    const [first] = words;
    if (first === undefined) continue;
    if (block !== undefined && first === ')') {
      block = undefined;
      continue;
    }
    const directive = block ?? first;
    if (!DIRECTIVES.includes(directive)) {
      const what = `unknown directive "${directive}".${didYouMean(directive, DIRECTIVES)}`;
      findings.push({ file, ...place, text: what });
    }
    if (block === undefined && words.at(-1) === '(') block = directive;
    else {
      const rest = block === undefined ? words.slice(1) : words;
      directives.push({ directive, words: rest, indirect: comment.trim() === 'indirect', ...place });
    }
  }
  return { file, directives, findings };
}

/** Those of one kind. */
export function directivesOf({ directives }: GoModFile, kind: string): GoDirective[] {
  return directives.filter(({ directive }) => directive === kind);
}

/** Where a module is required, and at which version. */
export function requirement(mod: GoModFile, module: string): GoDirective | undefined {
  return directivesOf(mod, 'require').find(({ words }) => words[0] === module);
}

/** The required module that a package is of: the one with the longest path that the package's begins with. */
export function moduleOfPackage(mod: GoModFile, path: string): GoDirective | undefined {
  return directivesOf(mod, 'require')
    .filter(({ words: [module = ''] }) => path === module || path.startsWith(`${module}/`))
    .sort((a, b) => (b.words[0] ?? '').length - (a.words[0] ?? '').length)[0];
}
