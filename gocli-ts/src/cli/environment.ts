import { isProviderName } from '../api/options.ts';
import { splitWords } from '../shared/quote.ts';
import { GocliError, messageOf } from '../errors/error.ts';
import { collect } from '../errors/several.ts';
import { UNHONOURED_VARIABLES } from './kubevirtci-variables.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What those of kubevirtci's variables ask for that are no options; those that are stand in the options themselves. */
export interface EnvironmentRequest {
  /** Shaped like a provider name; whether there is such a provider is not checked here. */
  readonly provider?: string;
  /** Further words for the command line of `run`. */
  readonly extraArguments: readonly string[];
  /** File that also gets the kubeconfig. */
  readonly globalKubeconfig?: string;
  /** One line for each variable that is known and not acted on. */
  readonly warnings: readonly string[];
  /** One for each variable that cannot be read, BAD_VALUE with its name, its value and what is accepted. */
  readonly errors: readonly GocliError[];
}

/**
 * Reads kubevirtci's variables, so that scripts written for it bring up the same cluster here. An empty value counts
 * as none, and variables of other programs are left alone. What is wrong is told by whoever knows of further faults.
 */
export function readEnvironment(env: Environment): EnvironmentRequest {
  const errors: GocliError[] = [];
  collect(errors, () => {
    checkRuntime(env);
  });
  const provider = collect(errors, () => readProvider(env));
  const extraArguments = collect(errors, () => readExtraArguments(env)) ?? [];
  return {
    ...optional('provider', provider),
    ...optional('globalKubeconfig', value(env, 'GLOBAL_KUBECONFIG')),
    extraArguments,
    warnings: warningsFor(env),
    errors,
  };
}

function value(env: Environment, name: string): string | undefined {
  const text = env[name];
  return text === '' ? undefined : text;
}

function optional<K extends string, V>(key: K, found: V | undefined): Partial<Record<K, V>> {
  return found === undefined ? {} : ({ [key]: found } as Record<K, V>);
}

function bad(name: string, text: string, accepted: string, cause?: unknown): GocliError {
  return new GocliError('BAD_VALUE', `${name}: "${text}" is not accepted`, {
    hint: `Accepted: ${accepted}.`,
    cause,
  });
}

function readProvider(env: Environment): string | undefined {
  const text = value(env, 'KUBEVIRT_PROVIDER');
  if (text === undefined || isProviderName(text)) return text;
  throw bad('KUBEVIRT_PROVIDER', text, 'a provider such as k8s-1.36');
}

function checkRuntime(env: Environment): void {
  const text = value(env, 'KUBEVIRTCI_RUNTIME');
  if (text === 'podman') {
    throw bad(
      'KUBEVIRTCI_RUNTIME',
      text,
      'docker, which is whatever answers at DOCKER_HOST. For Podman: DOCKER_HOST=unix:///run/podman/podman.sock',
    );
  }
  if (text !== undefined && text !== 'docker') throw bad('KUBEVIRTCI_RUNTIME', text, 'docker');
}

function readExtraArguments(env: Environment): readonly string[] {
  const text = value(env, 'KUBEVIRT_PROVIDER_EXTRA_ARGS') ?? '';
  try {
    return splitWords(text);
  } catch (error) {
    const accepted = `flags of "gocli run", quoted as for a shell (${messageOf(error)})`;
    throw bad('KUBEVIRT_PROVIDER_EXTRA_ARGS', text, accepted, error);
  }
}

function warningsFor(env: Environment): readonly string[] {
  return Object.entries(UNHONOURED_VARIABLES).flatMap(([name, { meaning, neutral, instead }]) => {
    const text = value(env, name);
    if (text === undefined || neutral.includes(text.toLowerCase())) return [];
    return [`${name} is not honoured yet: it sets ${meaning}${instead === undefined ? '' : `; ${instead}`}`];
  });
}
