import { userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { GocliError } from '../errors/error.ts';

/** Folders gocli writes to, all below the XDG folders of the user. */
export interface Paths {
  /** `$XDG_STATE_HOME/gocli`: clusters, probe results, timings. */
  readonly state: string;
  /** `$XDG_CACHE_HOME/gocli`: results of provisioning steps, kubectl binaries. */
  readonly cache: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folders of a user (XDG Base Directory Specification, https://specifications.freedesktop.org/basedir-spec/). They
 * are looked for when they are asked for, since much goes without them.
 * @throws GocliError BAD_VALUE on access, for a variable that is no absolute path: what is written depended on where
 * each command is typed
 */
export function userPaths(env: Environment): Paths {
  return {
    get state() {
      return join(baseFolder(env, 'XDG_STATE_HOME', '.local/state'), 'gocli');
    },
    get cache() {
      return join(baseFolder(env, 'XDG_CACHE_HOME', '.cache'), 'gocli');
    },
  };
}

/** The folder of a user's own systemd units (systemd.unit(5), User Unit Search Path). @throws GocliError BAD_VALUE */
export function userUnits(env: Environment): string {
  return join(baseFolder(env, 'XDG_CONFIG_HOME', '.config'), 'systemd', 'user');
}

/**
 * The file of a site, `$XDG_CONFIG_HOME/gocli/site.yaml` unless GOCLI_SITE names another.
 * @returns undefined when GOCLI_SITE is empty, or nothing says where it would be: then there is none
 * @throws GocliError as {@link pathFrom}, for GOCLI_SITE
 */
export function siteFile(
  env: Environment,
  cwd: string,
): { readonly file: string; readonly asked: boolean } | undefined {
  const named = env['GOCLI_SITE'];
  if (named === '') return undefined;
  if (named !== undefined) return { file: pathFrom(cwd, named), asked: true };
  const folder = configFolder(env);
  return folder === undefined ? undefined : { file: join(folder, 'gocli', 'site.yaml'), asked: false };
}

/** Where nothing is written, and most have nothing: a folder that is not absolute is none, as the specification says. */
function configFolder(env: Environment): string | undefined {
  const named = env['XDG_CONFIG_HOME'] ?? '';
  if (isAbsolute(named)) return named;
  const home = homeFolder(env);
  return isAbsolute(home) ? join(home, '.config') : undefined;
}

/** May be empty, or no absolute path. */
function homeFolder(env: Environment): string {
  const home = env['HOME'] ?? '';
  return home === '' ? registeredHome() : home;
}

function baseFolder(env: Environment, variable: string, below: string): string {
  const named = env[variable] ?? '';
  if (named !== '') return absolute(variable, named);
  return join(absolute('HOME', homeFolder(env)), below);
}

function absolute(variable: string, path: string): string {
  if (isAbsolute(path)) return path;
  throw new GocliError('BAD_VALUE', `${variable}: "${path}" is no absolute path`, {
    hint: `Set it to a folder of yours that can be written, for example: export ${variable}=/home/me`,
  });
}

/** The home folder in the user database; a user that is not in it, as in containers, has none. */
function registeredHome(): string {
  try {
    return userInfo().homedir;
  } catch {
    return '';
  }
}

/** The folder that this process stands in; empty when somebody has removed it, since much goes without it. */
export function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return '';
  }
}

/**
 * A path as it is meant from a folder. It is not normalised: to name `dir/.` may have a meaning.
 * @param folder absolute, or empty as in {@link workingFolder}
 * @throws GocliError BAD_VALUE for an empty path, FILE for a relative one when the folder was removed
 */
export function pathFrom(folder: string, path: string): string {
  // A variable that is not set must not stand for the folder one is in.
  if (path === '') {
    throw new GocliError('BAD_VALUE', 'a path is empty', {
      hint: 'Name one; the folder that you are in is "."',
    });
  }
  if (isAbsolute(path)) return path;
  if (folder !== '') return `${folder}/${path}`;
  throw new GocliError('FILE', `${path} cannot be used: the folder that you stand in was removed`, {
    hint: 'Go to a folder that is there (cd), or name an absolute path.',
  });
}

/** `<state>/clusters/<name>`. The name must have been validated. */
export function rigFolder(paths: Paths, name: string): string {
  return join(paths.state, 'clusters', name);
}
