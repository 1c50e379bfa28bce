import { FakeDocker } from '../../fakes/docker.ts';
import { jsonPeer, type JsonPeer } from '../../fakes/json-peer.ts';

export interface FakeGuest extends JsonPeer {
  readonly docker: FakeDocker;
  readonly container: string;
  /** Programs that were started to reach a socket. */
  readonly programs: (readonly string[])[];
}

/** A container with a socket that answers by the function given. */
export async function fakeGuest(
  answer: (request: Record<string, unknown>) => unknown,
  greeting?: unknown,
): Promise<FakeGuest> {
  const docker = new FakeDocker();
  docker.addImage('image');
  const isolated = { network: 'none', capabilities: [], noNewPrivileges: true };
  const container = await docker.containers.create({ name: 'n', image: 'image', labels: {}, ...isolated });
  await docker.containers.start(container);
  const peer = jsonPeer(answer);
  const programs: (readonly string[])[] = [];
  docker.onConnect = (argv) => {
    programs.push(argv);
    if (greeting !== undefined) peer.far.write(`${JSON.stringify(greeting)}\r\n`);
    return peer.near;
  };
  return { ...peer, docker, container, programs };
}
