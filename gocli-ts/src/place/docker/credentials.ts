import { messageOf } from '../../errors/error.ts';
import { redact } from '../../shared/redact.ts';
import { formatSeconds } from '../../shared/text.ts';
import { attempt } from '../../waiting/attempt.ts';
import type { Login, RegistryAuth } from '../interface.ts';
import { objectOf, parseObject, readDockerConfig, textOf, type Environment, type Json } from './config.ts';

/** Runs a program that keeps logins; a code other than 0 is no error of it. */
export type RunHelper = (
  argv: readonly [string, ...string[]],
  stdin: string,
  signal: AbortSignal,
) => Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>;

/** How long a helper may take, and what else ends it. */
interface HelperBounds {
  readonly signal: AbortSignal;
  /** Milliseconds; a minute unless told: it may ask its user for a password. */
  readonly timeoutMs?: number;
}

/** Docker Hub's name in configurations, for historical reasons (docker/cli, cli/config). */
const HUB = 'https://index.docker.io/v1/';
/** User that a helper names when what it keeps is a token. */
const TOKEN_USER = '<token>';
/** What helpers say of a registry at which nobody is logged in (docker-credential-helpers, credentials/error.go). */
const NO_LOGIN = /credentials not found in native keychain/;

/**
 * The login at an image's registry as the docker client finds it: DOCKER_AUTH_CONFIG, else the helper of the registry
 * (`credHelpers`), else that of all registries (`credsStore`), else what the configuration itself holds (`auths`).
 */
export async function loginFor(
  reference: string,
  env: Environment,
  runHelper: RunHelper | undefined,
  bounds: HelperBounds,
): Promise<Login> {
  const registry = registryOf(reference);
  const variable = env['DOCKER_AUTH_CONFIG'] ?? '';
  const given = parseObject(variable);
  const ofVariable = given === undefined ? undefined : inAuths(given, registry);
  if (ofVariable !== undefined) return { auth: ofVariable };
  const found = await ofConfiguration(registry, env, runHelper, bounds);
  if (variable.trim() === '' || given !== undefined || found.auth !== undefined) return found;
  const problem = 'DOCKER_AUTH_CONFIG is no JSON object: no login of it is used';
  return { problem: [problem, found.problem].filter((line) => line !== undefined).join('\n') };
}

async function ofConfiguration(
  registry: string,
  env: Environment,
  runHelper: RunHelper | undefined,
  bounds: HelperBounds,
): Promise<Login> {
  const { settings, problem } = await readDockerConfig(env);
  const helpers = objectOf(settings['credHelpers']) ?? {};
  // An empty name says that the login of this registry is in the configuration itself.
  const helper = textOf(registry in helpers ? helpers[registry] : settings['credsStore']);
  if (helper !== undefined && runHelper !== undefined) return askHelper(helper, registry, runHelper, bounds);
  const auth = inAuths(settings, registry);
  return { ...(auth === undefined ? {} : { auth }), ...(problem === undefined ? {} : { problem }) };
}

/** `registry.example:5000`; the first part of a reference is a registry when it looks like a host (distribution/reference). */
export function registryOf(reference: string): string {
  const [first = '', ...rest] = reference.split('/');
  const isHost = rest.length > 0 && (/[.:A-Z]/.test(first) || first === 'localhost');
  return !isHost || first === 'docker.io' || first === 'index.docker.io' ? HUB : first;
}

function inAuths(settings: Json, registry: string): RegistryAuth | undefined {
  const auths = objectOf(settings['auths']) ?? {};
  // Old clients wrote whole addresses.
  const key =
    registry in auths ? registry : Object.keys(auths).find((one) => hostOf(one) === hostOf(registry));
  const entry = key === undefined ? undefined : objectOf(auths[key]);
  return entry === undefined ? undefined : authOf(entry, registry);
}

function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').split('/')[0] ?? '';
}

/** An entry has a token, or `auth`, the base64 of `user:password`, or the two of them in the open. */
function authOf(entry: Json, serveraddress: string): RegistryAuth | undefined {
  const identitytoken = textOf(entry['identitytoken']);
  if (identitytoken !== undefined) return { identitytoken, serveraddress };
  const pair = Buffer.from(textOf(entry['auth']) ?? '', 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  // Old clients filled up with zeros.
  if (colon > 0)
    return {
      username: pair.slice(0, colon),
      password: pair.slice(colon + 1).replace(/\0+$/, ''),
      serveraddress,
    };
  const username = textOf(entry['username']);
  const password = textOf(entry['password']);
  return username === undefined || password === undefined ? undefined : { username, password, serveraddress };
}

/** Protocol: github.com/docker/docker-credential-helpers. */
async function askHelper(
  helper: string,
  registry: string,
  run: RunHelper,
  { signal, timeoutMs = 60_000 }: HelperBounds,
): Promise<Login> {
  const program = `docker-credential-${helper}`;
  const failed = (why: string): Login => ({
    problem: `no login is used: ${program}, which keeps those of ${registry}, ${why}`,
  });
  try {
    const asked = await attempt(signal, timeoutMs, (bounded) => run([program, 'get'], registry, bounded));
    if (!asked.done) return failed(`did not answer within ${formatSeconds(timeoutMs / 1000)}`);
    const { exitCode, stdout, stderr } = asked.value;
    if (exitCode !== 0) {
      const said = redact(`${stdout}\n${stderr}`.trim());
      return NO_LOGIN.test(said) ? {} : failed(`ended with code ${exitCode}: ${said.split('\n')[0] ?? ''}`);
    }
    const answer = parseObject(stdout);
    const username = textOf(answer?.['Username']);
    const secret = textOf(answer?.['Secret']);
    if (username === undefined || secret === undefined) return failed('gave no user and secret');
    if (username === TOKEN_USER) return { auth: { identitytoken: secret, serveraddress: registry } };
    return { auth: { username, password: secret, serveraddress: registry } };
  } catch (error) {
    signal.throwIfAborted();
    return failed(`did not run: ${messageOf(error)}`);
  }
}
