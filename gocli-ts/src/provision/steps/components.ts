import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import type { ComponentConfig } from '../../provider/schema.ts';
import { GocliError } from '../../errors/error.ts';
import { buildC, compilerVersion } from '../go/c.ts';
import {
  buildProgram,
  findModule,
  type GoContext,
  type GoModule,
  goVersion,
  listPrograms,
} from '../go/module.ts';
import { KUBERNETES, readModule } from '../component-module.ts';
import { digestInputs, stepKey } from '../hash.ts';
import type { ProvisionStep, Recipe, StepContext } from '../step.ts';
import { type BuiltComponent, PROGRAM_FOLDER, takeBuilt, writeBuilt } from './built-before.ts';

/** {@link ProgramVersions} as JSON in the result of the step. */
export const VERSIONS_FILE = 'versions.json';

/** While one waits for the network or links, which needs one core only, another compiles. */
const CONCURRENCY = 2;
/** Milliseconds between two lines of progress of one component. */
const PROGRESS_EVERY = 500;

/** Go modules and C sources to static programs. Go's own cache keeps what did not change. */
export function componentsStep(): ProvisionStep {
  return {
    name: 'components',
    title: 'Build components from source',
    needs: [],
    inputs: async (recipe) => ({
      values: {
        components: JSON.stringify(recipe.provider.components.map(({ name, c }) => [name, c])),
        kubernetes: recipe.provider.kubernetes?.version ?? '',
      },
      files: (await modulesOf(recipe)).flatMap(({ folder, main }) =>
        main === undefined ? [folder] : [folder, main],
      ),
    }),
    run: buildComponents,
  };
}

async function buildComponents(context: StepContext): Promise<void> {
  const { recipe, output, signal, step } = context;
  const modules = await modulesOf(recipe);
  const compilers = await compilersOf(context);
  await mkdir(join(output, PROGRAM_FOLDER));
  const built = await pMap(
    recipe.provider.components,
    async (component, at) => {
      const place = `component ${at + 1} of ${recipe.provider.components.length}, ${component.name}`;
      step.progress({ message: place });
      const progress: StepContext['step']['progress'] = ({ message = '', ...more }) => {
        step.progress({ message: `${place}: ${message}`, ...more });
      };
      const own = { ...context, step: { ...step, progress } };
      return [component.name, await takeOrBuild(component, modules, compilers, own)] as const;
    },
    { concurrency: CONCURRENCY, signal },
  );
  await writeBuilt(output, Object.fromEntries(built));
  const programs = built.flatMap(([, one]) => Object.entries(one.programs));
  const versions = Object.fromEntries(programs.sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(join(output, VERSIONS_FILE), `${JSON.stringify(versions, undefined, 2)}\n`);
  step.note(`${programs.length} programs`);
}

/** One component: from an earlier result that has the same, or built. */
async function takeOrBuild(
  component: ComponentConfig,
  modules: readonly GoModule[],
  compilers: Compilers,
  context: StepContext,
): Promise<BuiltComponent> {
  const { recipe, earlier, output } = context;
  const { folder, main } = moduleOf(component.c?.from ?? component.name, modules);
  const inputs = {
    values: {
      component: JSON.stringify([component.name, component.c]),
      release: releaseOf(component, recipe),
      compiler: component.c === undefined ? compilers.go : compilers.c,
    },
    files: main === undefined ? [folder] : [folder, main],
  };
  const keyNow = async (): Promise<string> => stepKey('component', await digestInputs(inputs, recipe.root));
  const key = await keyNow();
  const before = await takeBuilt(component.name, key, earlier, output);
  if (before !== undefined) return before;
  const programs = Object.fromEntries(await buildComponent(component, modules, context));
  // Of files that were edited meanwhile nobody knows which were built, nor by what when a compiler does not say its version.
  const isKnown = inputs.values.compiler !== '' && (await keyNow()) === key;
  return { key: isKnown ? key : '', programs };
}

/** What compilers say of their version: programs of another one are others. */
interface Compilers {
  readonly go: string;
  readonly c: string;
}

async function compilersOf({ host, signal, recipe }: StepContext): Promise<Compilers> {
  const hasC = recipe.provider.components.some(({ c }) => c !== undefined);
  const go = await goVersion({ host, signal });
  return { go, c: hasC ? await compilerVersion({ host, signal }) : '' };
}

/** What its programs are told as their version, where that decides what they are. */
function releaseOf({ name }: ComponentConfig, { provider }: Recipe): string {
  return name === KUBERNETES ? (provider.kubernetes?.version ?? '') : '';
}

type Built = [program: string, version: string];

async function buildComponent(
  component: ComponentConfig,
  modules: readonly GoModule[],
  context: StepContext,
): Promise<Built[]> {
  const go: GoContext = {
    host: context.host,
    signal: context.signal,
    onLine: throttled(context, (line) => {
      context.step.progress({ message: line });
    }),
  };
  if (component.c !== undefined)
    return buildFromC(component, moduleOf(component.c.from, modules), context, go);
  return buildFromGo(moduleOf(component.name, modules), context, go);
}

async function buildFromGo(module: GoModule, context: StepContext, go: GoContext): Promise<Built[]> {
  const release =
    module.component === KUBERNETES ? await checkedRelease(module, context.recipe, go) : undefined;
  const built: Built[] = [];
  for (const program of await listPrograms(module, go)) {
    const file = await noFile(context, program.name);
    await buildProgram(module, program, file, release === undefined ? {} : versionVariables(release), go);
    built.push([program.name, program.version === '' ? `v${release ?? '0.0.0'}` : program.version]);
  }
  return built;
}

/** Where a program comes; a file of that name may be a link to one of an earlier result, which a compiler might write into. */
async function noFile({ output }: StepContext, program: string): Promise<string> {
  const file = join(output, PROGRAM_FOLDER, program);
  await rm(file, { force: true });
  return file;
}

async function buildFromC(
  { name, c }: ComponentConfig,
  module: GoModule,
  context: StepContext,
  go: GoContext,
): Promise<Built[]> {
  if (c === undefined) return [];
  const { folder } = await findModule(module, c.module, go);
  const file = await noFile(context, name);
  await buildC({ folder, file: c.file, version: c.version }, file, context);
  return [[name, c.version]];
}

/**
 * The Kubernetes version of provider.yaml, which must be the one that go.mod pins.
 * @throws GocliError BAD_FILE
 */
async function checkedRelease(module: GoModule, { provider }: Recipe, go: GoContext): Promise<string> {
  const { version } = await findModule(module, 'k8s.io/kubernetes', go);
  const wanted = provider.kubernetes?.version;
  if (wanted !== undefined && version === `v${wanted}`) return wanted;
  throw new GocliError(
    'BAD_FILE',
    `provider.yaml says Kubernetes ${wanted ?? '(nothing)'}, ${join(module.folder, 'go.mod')} says ${version}`,
    { hint: 'Change one of the two.' },
  );
}

/** What Kubernetes programs answer when asked for their version, and kubeadm decides by. */
export function versionVariables(release: string): Record<string, string> {
  const [major = '', minor = ''] = release.split('.');
  const values = { gitVersion: `v${release}`, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`k8s.io/component-base/version.${name}`, value]),
  );
}

/** Folders of the components that are Go modules. @throws GocliError BAD_FILE naming all that have none */
async function modulesOf(recipe: Recipe): Promise<GoModule[]> {
  const { root, provider } = recipe;
  const names = provider.components.filter(({ c }) => c === undefined).map(({ name }) => name);
  const found = await Promise.all(names.map((component) => readModule(recipe, component)));
  const missing = names.filter((_, at) => found[at] === undefined);
  if (missing.length > 0) {
    const folders = missing.map((component) => join(root, 'components', component, 'go.mod'));
    throw new GocliError(
      'BAD_FILE',
      `there is no go.mod for ${missing.map((name) => `"${name}"`).join(', ')} of the components of provider.yaml`,
      { hint: `Make ${folders.join(', ')}, or take the component out of provider.yaml.` },
    );
  }
  return found.flatMap((module) => (module === undefined ? [] : [module]));
}

function moduleOf(component: string, modules: readonly GoModule[]): GoModule {
  const found = modules.find((module) => module.component === component);
  if (found !== undefined) return found;
  throw new GocliError('BAD_FILE', `provider.yaml: "${component}" is not a component that is a Go module`);
}

function throttled({ clock }: StepContext, report: (line: string) => void): (line: string) => void {
  let next = 0;
  return (line) => {
    if (clock.monotonic() < next) return;
    next = clock.monotonic() + PROGRESS_EVERY;
    report(line);
  };
}
