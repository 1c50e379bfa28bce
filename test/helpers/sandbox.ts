import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockerodeEngine } from '../../gocli-ts/src/place/docker/dockerode.ts';
import { LABEL } from '../../gocli-ts/src/place/labels.ts';
import type { Docker } from '../../gocli-ts/src/place/interface.ts';
import { type CliResult, tinyGocli } from './cli.ts';

/** State and cache of a gocli that knows nothing of the user's own clusters, and what tests find in them. */
export interface Sandbox {
  readonly docker: Docker;
  readonly env: Readonly<Record<string, string>>;
  /** A cluster name that no other test uses. */
  name(): string;
  /** `gocli run` of this tiny image with these flags. */
  run(image: string, name: string, ...flags: string[]): Promise<CliResult>;
  cli(...argv: string[]): Promise<CliResult>;
  /**
   * Everything of a cluster that is there: containers, volumes, state, as words, and volumes of templates that nothing
   * uses, which are nobody's. Empty when nothing is left.
   */
  leftovers(name: string): Promise<string[]>;
  /** Removes everything that the tests made. */
  close(): Promise<void>;
}

let count = 0;

export async function openSandbox(): Promise<Sandbox> {
  const docker = dockerodeEngine(process.env);
  const folder = await mkdtemp(join(tmpdir(), 'gocli-sandbox-'));
  const env = { XDG_STATE_HOME: join(folder, 'state'), XDG_CACHE_HOME: join(folder, 'cache') };
  const names: string[] = [];
  const cli = (...argv: string[]): Promise<CliResult> => tinyGocli(argv, { env });
  return {
    docker,
    env,
    name: () => {
      count += 1;
      const name = `it-${process.pid}-${count}`;
      names.push(name);
      return name;
    },
    cli,
    run: (image, name, ...flags) => cli(...runArguments(image, name), ...flags),
    leftovers: (name) => leftovers(docker, join(env.XDG_STATE_HOME, 'gocli', 'clusters'), name),
    close: async () => {
      for (const name of names) await cli('rm', '--name', name);
      await removeTinyTemplates(cli);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Test files run one after the other, so all templates of tiny images are those of the file that ends. */
async function removeTinyTemplates(cli: Sandbox['cli']): Promise<void> {
  const { stdout } = await cli('template', 'ls', '-o', 'json');
  const { templates } = JSON.parse(stdout) as { templates: { id: string; provider: string }[] };
  for (const { id, provider } of templates) if (provider.startsWith('tiny')) await cli('template', 'rm', id);
}

/** Words of a `gocli run` of a tiny image, `gocli/<provider>:<tag>`. */
export function runArguments(image: string, name: string): string[] {
  const [provider = '', tag = ''] = image.slice(image.indexOf('/') + 1).split(':');
  const suffix = `:${tag}`;
  return [
    'run',
    provider,
    '--no-provision',
    '--container-suffix',
    suffix,
    '--name',
    name,
    '--timeout',
    '120',
  ];
}

async function leftovers(docker: Docker, clusters: string, name: string): Promise<string[]> {
  const labels = { [LABEL.cluster]: name };
  const containers = await docker.containers.list(labels);
  const volumes = await docker.volumes.list(labels);
  const states = await readdir(clusters).catch(() => []);
  const unused = await unusedTemplates(docker);
  return [
    ...unused.map((one) => `volume ${one}`),
    ...containers.map((one) => `container ${one.name}`),
    ...volumes.map((one) => `volume ${one.name}`),
    ...states.filter((one) => one === name).map((one) => `state ${one}`),
  ];
}

/** Volumes of templates that no container uses: of unfinished ones, since each other has a keeper. */
async function unusedTemplates(docker: Docker): Promise<string[]> {
  const volumes = await docker.volumes.list({ [LABEL.role]: 'template' });
  const users = await docker.containers.list({ [LABEL.template]: '' });
  const used = new Set(users.map(({ labels }) => labels[LABEL.template]));
  return volumes.filter(({ labels }) => !used.has(labels[LABEL.template])).map(({ name }) => name);
}
