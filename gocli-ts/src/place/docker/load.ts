import type { Agent } from 'node:http';
import { createRequire, Module } from 'node:module';
import type Dockerode from 'dockerode';
import { daemonAgent } from './agent.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * What dockerode and its modem load at once and use for two things only that gocli never does: builds by BuildKit, and
 * a daemon reached over ssh. It is three quarters of the time that loading dockerode takes, in every command.
 */
const NEVER_USED = {
  dockerode: ['@grpc/grpc-js', '@grpc/proto-loader'],
  modem: ['ssh2'],
} as const;

/** A client of the daemon. */
export function loadDockerode(endpoint: Endpoint): Dockerode {
  const Client = withoutUnused(createRequire(import.meta.url));
  // The client hands its agent on to Node; its types leave that out.
  const options: Dockerode.DockerOptions & { agent: Agent } = {
    ...addressOf(endpoint),
    agent: daemonAgent('tls' in endpoint ? endpoint.tls : undefined),
  };
  return new Client(options);
}

/** All that the client would else take from the environment of the process, which may be another one. */
function addressOf(endpoint: Endpoint): Dockerode.DockerOptions {
  const unset = { host: undefined, port: undefined, ca: undefined, cert: undefined, key: undefined };
  if ('socketPath' in endpoint) {
    const options = { ...unset, protocol: 'http', socketPath: endpoint.socketPath } as const;
    return options;
  }
  const { host, port, tls } = endpoint;
  // Certificates are the agent's.
  const options = { ...unset, host, port, protocol: tls === undefined ? 'http' : 'https', pathPrefix: '/' };
  return options as Dockerode.DockerOptions;
}

/**
 * Empty modules stand in Node's cache while dockerode is loaded, and only then: gocli itself uses ssh2. All of it is
 * one synchronous step, so that nobody else can meet a placeholder.
 */
function withoutUnused(load: NodeJS.Require): typeof Dockerode {
  const placed = unusedFiles(load).filter((file) => load.cache[file] === undefined);
  for (const file of placed) load.cache[file] = Object.assign(new Module(file), { loaded: true });
  try {
    return load('dockerode') as typeof Dockerode;
  } finally {
    for (const file of placed) Reflect.deleteProperty(load.cache, file);
  }
}

/** Where Node finds the unused packages; without those that another version of dockerode does not have. */
function unusedFiles(load: NodeJS.Require): string[] {
  const dockerode = load.resolve('dockerode');
  const modem = createRequire(dockerode).resolve('docker-modem');
  return [
    ...NEVER_USED.dockerode.map((name) => [dockerode, name] as const),
    ...NEVER_USED.modem.map((name) => [modem, name] as const),
  ].flatMap(([user, name]) => {
    try {
      return [createRequire(user).resolve(name)];
    } catch {
      return [];
    }
  });
}
