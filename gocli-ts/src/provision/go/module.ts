import { basename, join } from 'node:path';
import { z } from 'zod';
import { GocliError } from '../../errors/error.ts';
import { isThere } from '../../host/atomic-files.ts';
import type { Host } from '../../host/interface.ts';
import { lastLines } from '../../shared/text.ts';
import { goError } from './errors.ts';

/** A folder with a go.mod, built as one component. */
export interface GoModule {
  readonly component: string;
  readonly folder: string;
  /** Its main.go, where that is not in the folder: Go builds a named file by the go.mod of the folder it runs in. */
  readonly main?: string;
}

export interface GoContext {
  readonly host: Host;
  readonly signal: AbortSignal;
  /** Called per line while something is built. */
  readonly onLine?: (line: string) => void;
}

/** A program that a module builds. */
export interface GoProgram {
  readonly name: string;
  /** Import path, `.` for the module's own main package, or the path of its main.go elsewhere. */
  readonly package: string;
  /** Of the module that the program comes from. */
  readonly version: string;
}

/**
 * Nothing of the user's settings may change the result, except where modules come from. No cgo: the programs run in
 * guests and in images that have no C library.
 */
const ENVIRONMENT = {
  CGO_ENABLED: '0',
  GOOS: 'linux',
  GOARCH: 'amd64',
  GOAMD64: 'v1',
  GOFLAGS: '-mod=readonly -buildvcs=false',
  GOTOOLCHAIN: 'local',
  GOWORK: 'off',
};

const packageSchema = z.object({
  ImportPath: z.string(),
  Module: z.object({ Path: z.string(), Version: z.string().optional(), Main: z.boolean().optional() }),
});

/** Programs of a module: its main package and its tools. */
export async function listPrograms(
  { component, folder, main }: GoModule,
  context: GoContext,
): Promise<GoProgram[]> {
  const own = main !== undefined || (await isThere(join(folder, 'main.go')));
  const text = await go({ component, folder }, ['list', '-json=ImportPath,Module', 'tool'], context);
  const tools = text
    .split(/^(?=\{)/m)
    .filter((json) => json.trim() !== '')
    .map((json) => packageSchema.parse(JSON.parse(json)));
  const all = programs(component, own, tools);
  if (main === undefined) return all;
  return all.map((one) => (one.package === '.' ? { ...one, package: main } : one));
}

/** Pure part of {@link listPrograms}: the only program has the component's name, others that of their package. */
export function programs(
  component: string,
  own: boolean,
  tools: readonly z.infer<typeof packageSchema>[],
): GoProgram[] {
  const only = !own && tools.length === 1;
  return [
    ...(own ? [{ name: component, package: '.', version: '' }] : []),
    ...tools.map(({ ImportPath, Module }) => ({
      name: only ? component : basename(ImportPath.replace(/\/v\d+$/, '')),
      package: ImportPath,
      version: Module.Version ?? '',
    })),
  ];
}

/** Builds one program, static and without paths of this machine. */
export async function buildProgram(
  module: GoModule,
  program: GoProgram,
  file: string,
  variables: Readonly<Record<string, string>>,
  context: GoContext,
): Promise<void> {
  await go(module, buildArguments(program, file, variables), context, context.onLine);
}

export function buildArguments(
  program: GoProgram,
  file: string,
  variables: Readonly<Record<string, string>>,
): string[] {
  const set = Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`);
  return [
    'build',
    '-v',
    '-trimpath',
    '-ldflags',
    ['-s', '-w', ...set].join(' '),
    '-o',
    file,
    program.package,
  ];
}

/** Version and folder of a module that this one requires; downloads it when needed. */
export async function findModule(
  module: GoModule,
  path: string,
  context: GoContext,
): Promise<{ version: string; folder: string }> {
  await go(module, ['mod', 'download', path], context);
  const text = await go(module, ['list', '-m', '-f', '{{.Version}} {{.Dir}}', path], context);
  const [, version = '', folder = ''] = /^(\S+) (.+)$/.exec(text.trim()) ?? [];
  return { version, folder };
}

/**
 * Lets Go write go.mod and go.sum whole, for what the module asks for itself.
 * @throws GocliError DOWNLOAD naming the module that cannot be had, CHECKSUM, TOOL_MISSING, COMMAND
 */
export async function tidyModule(module: GoModule, context: GoContext): Promise<void> {
  await go(module, ['mod', 'tidy'], context, context.onLine);
}

const downloadSchema = z.object({ Dir: z.string().optional(), Error: z.string().optional() });

/**
 * Folder of a release of a module in Go's cache, downloaded when needed.
 * @throws GocliError DOWNLOAD naming it when it cannot be had, TOOL_MISSING
 */
export async function downloadModule(
  path: string,
  version: string,
  { host, signal }: GoContext,
): Promise<string> {
  const module = `${path}@${version}`;
  const argv = ['go', 'mod', 'download', '-json', module] as const;
  const { stdout, stderr } = await host.run(argv, {
    cwd: '/',
    env: ENVIRONMENT,
    signal,
    allowFailure: true,
  });
  const { Dir: folder, Error: refused } = parseDownload(stdout);
  if (folder !== undefined && refused === undefined) return folder;
  throw new GocliError('DOWNLOAD', `${module} cannot be had`, {
    observed: lastLines(refused ?? stderr, 6),
    hint: `Look whether there is such a version, and what GOPROXY in \`go env\` serves: go list -m ${module}`,
  });
}

function parseDownload(stdout: string): z.infer<typeof downloadSchema> {
  try {
    return downloadSchema.parse(JSON.parse(stdout));
  } catch {
    return {};
  }
}

/** `go1.26.8`: the Go that builds. @throws GocliError TOOL_MISSING */
export async function goVersion({ host, signal }: GoContext): Promise<string> {
  const argv = ['go', 'env', 'GOVERSION'] as const;
  const { stdout } = await host.run(argv, { cwd: '/', env: ENVIRONMENT, signal, allowFailure: true });
  return stdout.trim();
}

async function go(
  module: GoModule,
  words: readonly string[],
  { host, signal }: GoContext,
  onLine?: GoContext['onLine'],
): Promise<string> {
  const { exitCode, stdout, stderr } = await host.run(['go', ...words], {
    cwd: module.folder,
    env: ENVIRONMENT,
    signal,
    allowFailure: true,
    ...(onLine === undefined ? {} : { onLine }),
  });
  if (exitCode !== 0) throw goError(module.component, stderr);
  return stdout;
}
