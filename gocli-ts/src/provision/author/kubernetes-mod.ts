import { directivesOf, type GoModFile, requirement } from '../go/mod-file.ts';

/** The oldest Go that knows tool directives (https://go.dev/doc/go1.24#go-command). */
const FIRST_WITH_TOOLS = '1.24.0';
const KUBERNETES_MODULE = 'k8s.io/kubernetes';

/**
 * The go.mod of a Kubernetes component for another release, as far as it is ours to say; `go mod tidy` adds the rest.
 * @param own the present one: what the program imports, and the tools
 * @param upstream that of k8s.io/kubernetes itself: its modules and the versions that it is tested with. They are taken from
 * there, and none from the present one, since Go would keep those that are newer.
 * @param version `1.37.2`
 */
export function kubernetesMod(own: GoModFile, upstream: GoModFile, version: string): string {
  // Staged modules have the version of the release with 0 for 1 (k8s.io/kubernetes, staging/README.md).
  const staged = `v0.${version.replace(/^\d+\./, '')}`;
  const modules = directivesOf(upstream, 'replace').flatMap(({ words: [from = '', , to = ''] }) =>
    to.startsWith('./staging/') ? [from] : [],
  );
  const versionOf = (module: string, present: string): string => {
    if (module === KUBERNETES_MODULE) return `v${version}`;
    if (modules.includes(module)) return staged;
    return requirement(upstream, module)?.words[1] ?? present;
  };
  const direct = directivesOf(own, 'require').filter(({ indirect }) => !indirect);
  const required = direct.map(
    ({ words: [module = '', present = ''] }) => `\t${module} ${versionOf(module, present)}`,
  );
  return [
    `module ${directivesOf(own, 'module')[0]?.words[0] ?? ''}`,
    `go ${goVersion(upstream)}`,
    ...directivesOf(upstream, 'godebug').map(({ words }) => `godebug ${words.join(' ')}`),
    `require (\n${required.join('\n')}\n)`,
    `replace (\n${modules.map((module) => `\t${module} => ${module} ${staged}`).join('\n')}\n)`,
    ...directivesOf(own, 'tool').map(({ words }) => `tool ${words.join(' ')}`),
    '',
  ].join('\n\n');
}

/** The go.mod of a component that is one program of a module, at another version of that. */
export function toolMod(
  name: string,
  tools: readonly string[],
  module: string,
  version: string,
  upstream: GoModFile,
): string {
  const lines = tools.map((tool) => `tool ${tool}`);
  return [`module ${name}`, `go ${goVersion(upstream)}`, ...lines, `require ${module} ${version}`, ''].join(
    '\n\n',
  );
}

function goVersion(upstream: GoModFile): string {
  const wanted = directivesOf(upstream, 'go')[0]?.words[0] ?? FIRST_WITH_TOOLS;
  return Number(wanted.split('.')[1]) < 24 ? FIRST_WITH_TOOLS : wanted;
}
