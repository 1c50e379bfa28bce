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
  return withoutEnvironment(() => new Client(options));
}

function addressOf(endpoint: Endpoint): Dockerode.DockerOptions {
  if ('socketPath' in endpoint) return { protocol: 'http', socketPath: endpoint.socketPath };
  const { host, port, tls } = endpoint;
  // Certificates are the agent's. The client needs the prefix, whatever its types say.
  const options = { host, port, protocol: tls === undefined ? 'http' : 'https', pathPrefix: '/' } as const;
  return options;
}

/**
 * The client reads the process's DOCKER_HOST first, and only with it more: files of DOCKER_CERT_PATH, which may not be
 * there, and limits. All of it was read before, perhaps from another environment. One synchronous step, too.
 */
function withoutEnvironment<T>(make: () => T): T {
  // eslint-disable-next-line no-restricted-properties -- it is kept from the client, and decides nothing here
  const { env } = process;
  const said = env['DOCKER_HOST'];
  delete env['DOCKER_HOST'];
  try {
    return make();
  } finally {
    if (said !== undefined) env['DOCKER_HOST'] = said;
  }
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
