import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { isErrno } from '../../errors/file-error.ts';
import { messageOf } from '../../errors/error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
/** A JSON object of which nothing is known. */
export type Json = Readonly<Record<string, unknown>>;

/** What the user told the docker client. */
export interface DockerConfig {
  /** `$DOCKER_CONFIG`, else `~/.docker`: contexts lie in it, too. */
  readonly folder: string;
  /** Content of its `config.json`; empty when there is none, or none that can be read. */
  readonly settings: Json;
  /** Why it cannot be read. */
  readonly problem?: string;
}

/**
 * Reads `config.json` (github.com/docker/cli, cli/config). One that cannot be read is passed over, as the docker client
 * does it, too; `problem` is to be said.
 */
export async function readDockerConfig(env: Environment): Promise<DockerConfig> {
  const folder = configFolder(env);
  const file = join(folder, 'config.json');
  const skipped = (why: string): DockerConfig => ({
    folder,
    settings: {},
    problem: `${file} ${why}: no Docker context and no login of it is used`,
  });
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return { folder, settings: {} };
    return skipped(`cannot be read (${messageOf(error)})`);
  }
  const settings = parseObject(text);
  return settings === undefined ? skipped('is no JSON object') : { folder, settings };
}

function configFolder(env: Environment): string {
  const named = env['DOCKER_CONFIG'] ?? '';
  if (named !== '') return named;
  const home = env['HOME'] ?? '';
  return join(home === '' ? registeredHome() : home, '.docker');
}

function registeredHome(): string {
  try {
    return userInfo().homedir;
  } catch {
    return '/';
  }
}

/** A text that is a JSON object; undefined for any other. */
export function parseObject(text: string): Json | undefined {
  try {
    return objectOf(JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

export function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** A text that is not empty; undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
