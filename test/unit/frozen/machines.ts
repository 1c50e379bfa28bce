import { BOOT_ID } from '../../../gocli-ts/src/frozen/freeze.ts';
import type { MachineHandle } from '../../../gocli-ts/src/frozen/migration.ts';
import { MACHINE_PATH } from '../../../gocli-ts/src/machine/spec.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeDocker } from '../../fakes/docker.ts';
import { jsonPeer } from '../../fakes/json-peer.ts';

/** Machines whose qemu and guest agent do what they are told. */
export interface FakeMachines {
  readonly docker: FakeDocker;
  readonly clock: FakeClock;
  readonly machines: readonly MachineHandle[];
  /** `<node> <command>` of each machine, in the order in which qemu was told; questions are left out. */
  readonly told: string[];
  /** What qemu refuses: `<node> <command>`, or a migration that fails: `<node> migration`. */
  readonly refused: Set<string>;
  /** What the guests say their boot is. */
  readonly bootIds: Map<string, string>;
}

const GREETING = { QMP: { version: { qemu: { major: 10, minor: 0, micro: 13 } } } };
const QUESTIONS = ['qmp_capabilities', 'query-migrate'];

export async function fakeMachines(count: number): Promise<FakeMachines> {
  const docker = new FakeDocker();
  docker.addImage('image');
  const told: string[] = [];
  const refused = new Set<string>();
  const bootIds = new Map<string, string>();
  const isolated = { network: 'none', capabilities: [], noNewPrivileges: true };
  const machines: MachineHandle[] = [];
  for (let index = 1; index <= count; index += 1) {
    const node = `node0${index}`;
    const container = await docker.containers.create({ name: node, image: 'image', labels: {}, ...isolated });
    await docker.containers.start(container);
    machines.push({ container, node });
    bootIds.set(node, `boot-${node}`);
  }
  const answerOf = (node: string, id: string) => (request: Record<string, unknown>) => {
    const command = String(request['execute']);
    if (!QUESTIONS.includes(command)) told.push(`${node} ${command}`);
    if (refused.has(`${node} ${command}`)) return { error: { desc: 'no' } };
    if (command === 'quit') docker.end(id, 0);
    if (command !== 'query-migrate') return { return: {} };
    return { return: { status: refused.has(`${node} migration`) ? 'failed' : 'completed' } };
  };
  docker.onConnect = (argv, { id, name }) => {
    if (argv.some((word) => word.includes(MACHINE_PATH.agent))) return jsonPeer(agentOf(name, bootIds)).near;
    const { near, far } = jsonPeer(answerOf(name, id));
    far.write(`${JSON.stringify(GREETING)}\n`);
    return near;
  };
  return { docker, clock: new FakeClock(), machines, told, refused, bootIds };
}

function agentOf(node: string, bootIds: ReadonlyMap<string, string>) {
  return ({ execute, arguments: given }: Record<string, unknown>): unknown => {
    const argument = (given ?? {}) as { id?: number; path?: string };
    switch (execute) {
      case 'guest-sync-delimited':
        return { return: argument.id };
      case 'guest-file-open':
        return argument.path === BOOT_ID ? { return: 1000 } : { error: { desc: 'no such file' } };
      case 'guest-file-read':
        return { return: { 'buf-b64': Buffer.from(`${bootIds.get(node) ?? ''}\n`).toString('base64') } };
      case 'guest-get-time':
        return { return: Date.UTC(2030, 0, 1) * 1e6 };
      default:
        return { return: {} };
    }
  };
}
