import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LABEL } from '../../gocli-ts/src/place/labels.ts';
import { ISLAND_MARK, type Island } from '../helpers/island.ts';

/**
 * Everything that is there, one line each: containers with their state, volumes, networks and images, whatever their
 * labels; saved states in volumes; processes; files in the folders for temporary files, state and cache; links of the network namespace; locks.
 */
export type Census = readonly string[];

/** How much longer something may take that goes by itself: a proxy of a published port, a link of a container. */
const GOES_MS = 4000;

export async function takeCensus(island: Island): Promise<Census> {
  const templates = await publishedTemplates(island);
  const parts = await Promise.all([
    dockerObjects(island),
    processes(island),
    savedStates(island),
    ...['tmp', 'state', 'cache'].map((folder) => files(island, folder)),
    links(island),
    locks(island),
  ]);
  const lines = parts.flat();
  return lines.filter((line) => !isKept(line, lines, templates)).sort();
}

/** What two of them differ in. */
export interface Change {
  readonly left: readonly string[];
  readonly gone: readonly string[];
}

/** What is there now and was not before, and the other way round, once what goes by itself had time to. */
export async function changeSince(before: Census, island: Island, goesMs = GOES_MS): Promise<Change> {
  const until = performance.now() + goesMs;
  for (;;) {
    const now = await takeCensus(island);
    const change = { left: without(now, before), gone: without(before, now) };
    const isSame = change.left.length + change.gone.length === 0;
    if (isSame || performance.now() > until) return change;
    await delay(200);
  }
}

function without(lines: Census, others: Census): string[] {
  const known = new Set(others);
  return lines.filter((line) => !known.has(line));
}

/**
 * What stays on purpose: evidence of failures; and as long as the template or the rig is there, when it was last used, and
 * what was last seen of its conditions.
 */
function isKept(line: string, lines: Census, templates: ReadonlySet<string>): boolean {
  const used = /^file state\/gocli\/templates\/(.*)\.used$/.exec(line)?.[1];
  const rig = /^(file state\/gocli\/clusters\/[^/]*)\/conditions.json$/.exec(line)?.[1];
  return (
    line.startsWith('file state/gocli/failed/') ||
    (used !== undefined && templates.has(used)) ||
    (rig !== undefined && lines.includes(`${rig}/cluster.json`))
  );
}

async function publishedTemplates({ docker }: Island): Promise<Set<string>> {
  const keepers = await docker.containers.list({ [LABEL.role]: 'template' });
  return new Set(keepers.map(({ labels }) => labels[LABEL.template] ?? ''));
}

async function dockerObjects(island: Island): Promise<string[]> {
  const list = async (kind: string, ...words: string[]): Promise<string[]> => {
    const { stdout } = await island.run(['docker', ...words]);
    return linesOf(stdout).map((line) => `${kind} ${line}`);
  };
  const all = await Promise.all([
    list('container', 'ps', '-a', '--format', '{{.Names}} {{.State}}'),
    list('volume', 'volume', 'ls', '--format', '{{.Name}}'),
    list('network', 'network', 'ls', '--format', '{{.Name}}'),
    list('image', 'images', '-a', '--no-trunc', '--format', '{{.ID}} {{.Repository}}:{{.Tag}}'),
  ]);
  return all.flat();
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** Those that were started in the island, and their children: the mark is handed on. */
async function processes({ env }: Island): Promise<string[]> {
  const mark = `${ISLAND_MARK}=${env[ISLAND_MARK] ?? ''}`;
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    ids.map(async (id) => {
      // A process may end meanwhile.
      const environment = await readFile(`/proc/${id}/environ`, 'utf8').catch(() => '');
      if (!environment.split('\0').includes(mark)) return [];
      const words = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
      // What the census itself runs.
      return words === '' || /^(docker|nsenter|ip|cat)\0/.test(words)
        ? []
        : [`process ${words.replaceAll('\0', ' ').trim()}`];
    }),
  );
  return found.flat();
}

async function files({ folder }: Island, name: string): Promise<string[]> {
  const entries = await readdir(join(folder, name), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory() || /\.lock$/.test(entry.name))
    .map((entry) => `file ${join(entry.parentPath, entry.name).slice(folder.length + 1)}`);
}

/** Folders of snapshots and of stopped clusters, finished or not; their names are by chance. */
async function savedStates({ dataRoot }: Island): Promise<string[]> {
  const volumes = await readdir(join(dataRoot, 'volumes'), { withFileTypes: true });
  const found = await Promise.all(
    volumes.map(async ({ name }) => {
      const ids = await readdir(join(dataRoot, 'volumes', name, '_data', 'snapshots')).catch(() => []);
      return ids.map((_, at) => `saved state number ${at + 1} in ${name}`);
    }),
  );
  return found.flat();
}

async function links(island: Island): Promise<string[]> {
  const { stdout } = await island.run(['ip', '-o', 'link']);
  const names = linesOf(stdout).map((line) => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? line);
  // Ends of the pairs that lead into containers have names by chance.
  const pairs = names.filter((name) => name.startsWith('veth'));
  const others = names.filter((name) => !pairs.includes(name));
  return [...others, ...pairs.map((_, at) => `veth number ${at + 1}`)].map((name) => `link ${name}`);
}

/** Sockets with an abstract name (place/docker/lock.ts); who waits for one has a socket without a name. */
async function locks(island: Island): Promise<string[]> {
  const { stdout } = await island.run(['cat', '/proc/net/unix']);
  return linesOf(stdout).flatMap((line) => {
    const name = /@gocli\/([^\s@]+)/.exec(line)?.[1];
    return name === undefined ? [] : [`lock ${name}`];
  });
}
