import { basename } from 'node:path';
import type { Finding } from './finding.ts';
import { nameOfFolder } from './folders.ts';
import { valueAt } from './provider-text.ts';
import { filledIn, hasNames, type Names, renderYaml, type Rendered } from './render.ts';
import type { ProviderConfig } from './schema.ts';
import { type Site, variableAt } from './site.ts';
import type { YamlDocument } from './yaml-text.ts';

/** What a provider is made with, beside its files. */
export interface Settings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly site?: Site | undefined;
}

/** A variable that has to be said, and where its provider says so. */
export interface Required {
  readonly name: string;
  readonly finding: Finding;
}

/** Variables with what they are where nobody says it. */
export type Declared = ProviderConfig['environment'];

/** Value of a variable: of the environment, of the site, or what its provider says. One that is empty is not set. */
export type LookUp = (name: string, declared: string | null) => string | undefined;

/**
 * How variables of a provider are looked up, for it and for all that it is made from.
 * @param folder of the provider
 */
export function lookUpFor(folder: string, settings: Settings | undefined): LookUp {
  const provider = nameOfFolder(folder);
  return (name, declared) => {
    const said = [settings?.env[name], variableAt(settings?.site, provider, name)].find(
      (one) => one !== undefined && one !== '',
    );
    return said ?? declared ?? undefined;
  };
}

/** The same for what a provider is made from: what its own file says of a variable holds there, too. */
function lookUpOver(data: unknown, look: LookUp): LookUp {
  const own = declaredIn(data);
  return (name, declared) => look(name, own[name] ?? declared);
}

/** What a processor is called by Go, Debian and the names of most downloads; there is no other guest. */
const ARCH = 'amd64';

/** All that stands for something in the files of a provider. */
export function namesOf(
  folder: string,
  { vm, environment }: { readonly vm: ProviderConfig['vm']; readonly environment: Declared },
  look: LookUp,
): Names {
  return new Map<string, string | undefined>([
    ['name', nameOfFolder(folder)],
    ['version', basename(folder)],
    ['user', vm?.user],
    ['arch', ARCH],
    ...Object.entries(environment).map(([name, value]) => [name, look(name, value)] as const),
  ]);
}

/** The variables that a file declares, as far as they can be read without its schema. */
function declaredIn(data: unknown): Declared {
  const environment: unknown = valueAt(data, 'environment');
  if (typeof environment !== 'object' || environment === null) return {};
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, typeof value === 'string' ? value : null]),
  );
}

/** What is made, of which a file may be only a part. */
export interface Making {
  /** Folders of what is made from this one, the youngest first. */
  readonly children: readonly string[];
  readonly look: LookUp;
  /** What the youngest of these that says it calls the user. */
  readonly user?: string | undefined;
}

/** The same for what a provider is made from. @param data of that provider's file */
export function makingOver(folder: string, data: unknown, { children, look, user }: Making): Making {
  return {
    children: [...children, folder],
    look: lookUpOver(data, look),
    user: user ?? userIn(data),
  };
}

function userIn(data: unknown): string | undefined {
  const said = valueAt(valueAt(data, 'vm'), 'user');
  return typeof said === 'string' ? said : undefined;
}

/** What is known of the provider that one is made from. */
interface NamedParent {
  readonly provider?: ProviderConfig;
  readonly declared?: Declared | undefined;
  readonly required?: readonly Required[];
}

/** A provider.yaml of plain machines with values for names: what its schema is for. */
export interface FilledFile extends Rendered {
  /** Its variables and those of its parents; undefined for one of a cluster. */
  readonly declared?: Declared;
  readonly required: readonly Required[];
}

/**
 * Fills in the names of a provider.yaml itself. What says who it is takes none, and one of a cluster has none; one of no kind
 * yet may be for plain machines.
 * @param parent what it is made from, and what that cannot be without
 */
export function fillIn(
  { folder, file, text, document }: { folder: string; file: string; text: string; document: YamlDocument },
  parent: NamedParent,
  making: Making,
): FilledFile {
  const { data } = document;
  const { look } = making;
  if (valueAt(data, 'kubernetes') !== undefined) return { text, findings: [], open: [], required: [] };
  const own = declaredIn(data);
  const declared = { ...parent.declared, ...own };
  const required = Object.entries(own).flatMap(([name, value]): Required[] =>
    value === null ? [{ name, finding: document.finding(['environment'], notSet(name), name) }] : [],
  );
  const nested = Object.entries(own).flatMap(([name, value]) =>
    value === null || !hasNames(value)
      ? []
      : [document.finding(['environment', name], `"environment.${name}": no other name is filled in here`)],
  );
  const all = [...(parent.required ?? []).filter(({ name }) => !(name in own)), ...required];
  const rendered = renderYaml(text, file, withUser(folder, data, { ...parent, declared }, making));
  // With variables that are missing, whoever misses them is told of those.
  const isAllSaid = all.every(({ name }) => look(name, null) !== undefined);
  const nobody = rendered.open.flatMap(({ names, line, column }) =>
    isAllSaid && names.length > 0 ? [{ file, line, column, text: noValue(names) }] : [],
  );
  return { ...rendered, findings: [...rendered.findings, ...nested, ...nobody], declared, required: all };
}

/** The name of the user first: it may be made of others, and others of it. Names are those of what is made. */
function withUser(
  folder: string,
  data: unknown,
  { provider, declared = {} }: NamedParent,
  { children: [made = folder], look, user }: Making,
): Names {
  const names = namesOf(made, { vm: provider?.vm, environment: declared }, look);
  const said = user ?? userIn(data);
  return said === undefined ? names : new Map([...names, ['user', filledIn(said, names)]]);
}

function noValue(names: readonly string[]): string {
  const all = [...new Set(names)].map((name) => `\${${name}}`).join(', ');
  return `${all}: nothing says what that is. Say "vm.user" without it`;
}

function notSet(name: string): string {
  return `${name} is not set. Say it in the environment (${name}=… gocli provision …), or in "environment" of site.yaml`;
}

/** Of what is wrong with a filled file, what is not only wrong because a name in it has no value. */
export function withoutOpen(findings: readonly Finding[], { open }: Rendered): Finding[] {
  return findings.filter(
    ({ line, column }) => !open.some((one) => one.line === line && one.column === column),
  );
}
