import { BOOT_ID } from '../../../gocli-ts/src/frozen/freeze.ts';
import type { MachineHandle } from '../../../gocli-ts/src/frozen/migration.ts';
import { LABEL } from '../../../gocli-ts/src/place/labels.ts';
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
  /** What qemu refuses the first time. */
  readonly refusedOnce: Set<string>;
  /** What qemu neither does nor answers. */
  readonly ignored: Set<string>;
  /** Milliseconds that saving takes; no time unless told. A save that ends stops its machine. */
  saveMs: number;
  /** Nodes whose processors run. */
  readonly running: Set<string>;
  /** How often a guest was told the time. */
  clocksSet: number;
  /** Programs that were started in guests. */
  readonly programs: string[];
  /** What such a program prints. */
  prints: (program: string) => string;
  /** What the guests say their boot is. */
  readonly bootIds: Map<string, string>;
}

/** The migration of one machine, as qemu goes on with it by itself. */
class Migration {
  readonly #clock: FakeClock;
  readonly #atEnd: () => void;
  #status = 'none';
  #next: { status: string; at: number } | undefined;

  constructor(clock: FakeClock, atEnd: () => void) {
    this.#clock = clock;
    this.#atEnd = atEnd;
  }

  begin(end: string, ms: number): void {
    this.#status = 'active';
    this.#next = { status: end, at: this.#clock.monotonic() + ms };
  }

  cancel(): void {
    if (this.status() !== 'active') return;
    this.#status = 'cancelling';
    this.#next = { status: 'cancelled', at: this.#clock.monotonic() + 50 };
  }

  status(): string {
    if (this.#next !== undefined && this.#clock.monotonic() >= this.#next.at) {
      this.#status = this.#next.status;
      this.#next = undefined;
      if (this.#status === 'completed') this.#atEnd();
    }
    return this.#status;
  }
}

const GREETING = { QMP: { version: { qemu: { major: 10, minor: 0, micro: 13 } } } };
const QUESTIONS = ['qmp_capabilities', 'query-migrate', 'query-status'];

/** So many machines that run. */
export async function fakeMachines(count: number): Promise<FakeMachines> {
  const docker = new FakeDocker();
  docker.addImage('image');
  const isolated = { network: 'none', capabilities: [], noNewPrivileges: true };
  const machines: MachineHandle[] = [];
  for (let index = 1; index <= count; index += 1) {
    const node = `node0${index}`;
    const container = await docker.containers.create({ name: node, image: 'image', labels: {}, ...isolated });
    await docker.containers.start(container);
    machines.push({ container, node });
  }
  return scriptMachines(docker, new FakeClock(), machines);
}

/** Gives all machines of a daemon, also those that are made later, a qemu and a guest agent. */
export function scriptMachines(
  docker: FakeDocker,
  clock: FakeClock,
  machines: readonly MachineHandle[] = [],
): FakeMachines {
  const told: string[] = [];
  const refused = new Set<string>();
  const refusedOnce = new Set<string>();
  const ignored = new Set<string>();
  const running = new Set(machines.map(({ node }) => node));
  const bootIds = new Map<string, string>();
  const fake: FakeMachines = {
    docker,
    clock,
    machines,
    told,
    refused,
    refusedOnce,
    ignored,
    running,
    bootIds,
    saveMs: 0,
    clocksSet: 0,
    programs: [],
    prints: () => '',
  };
  const migrations = new Map<string, Migration>();
  const standing = new Set<string>();
  const loaded = new Set<string>();
  const current = new Map<string, string>();
  /** As qemu says it of itself (QMP `RunState`). */
  const runState = (node: string, id: string): string => {
    const waits = docker.containerStore.get(id)?.spec.command?.includes('-incoming') === true;
    if (waits && !loaded.has(id)) return 'inmigrate';
    return standing.has(node) ? 'paused' : 'running';
  };
  const halt = (node: string): void => {
    running.delete(node);
    standing.add(node);
  };
  const act = (node: string, command: string): void => {
    const migration =
      migrations.get(node) ??
      new Migration(clock, () => {
        halt(node);
      });
    migrations.set(node, migration);
    // What was over before the command counts before it.
    migration.status();
    const end = refused.has(`${node} migration`) ? 'failed' : 'completed';
    if (command === 'stop') halt(node);
    if (command === 'cont') {
      running.add(node);
      standing.delete(node);
    }
    if (command === 'migrate') migration.begin(end, fake.saveMs);
    if (command === 'migrate-incoming') migration.begin(end, 0);
    if (command === 'migrate_cancel') migration.cancel();
  };
  const answerOf = (node: string, id: string) => (request: Record<string, unknown>) => {
    const command = String(request['execute']);
    if (!QUESTIONS.includes(command)) told.push(`${node} ${command}`);
    const refusal = `${node} ${command}`;
    if (ignored.has(refusal)) return undefined;
    if (refusedOnce.delete(refusal) || refused.has(refusal)) return { error: { desc: 'no' } };
    if (command === 'quit') docker.end(id, 0);
    if (command === 'migrate-incoming') loaded.add(id);
    if (command === 'query-status') return { return: { status: runState(node, id) } };
    act(node, command);
    const status = migrations.get(node)?.status();
    return { return: command === 'query-migrate' && status !== 'none' ? { status } : {} };
  };
  docker.onConnect = (argv, { id, name, labels }) => {
    const node = labels[LABEL.node] ?? name;
    if (argv.some((word) => word.includes(MACHINE_PATH.agent))) return jsonPeer(agentOf(node, fake)).near;
    // A machine that is made anew knows nothing of the one before.
    if (current.get(node) !== id) standing.delete(node);
    current.set(node, id);
    const { near, far } = jsonPeer(answerOf(node, id));
    far.write(`${JSON.stringify(GREETING)}\n`);
    return near;
  };
  return fake;
}

function agentOf(node: string, fake: FakeMachines) {
  let program = '';
  return ({ execute, arguments: given }: Record<string, unknown>): unknown => {
    const argument = (given ?? {}) as { id?: number; path?: string; arg?: string[] };
    switch (execute) {
      case 'guest-sync-delimited':
        return { return: argument.id };
      case 'guest-file-open':
        return argument.path === BOOT_ID ? { return: 1000 } : { error: { desc: 'no such file' } };
      case 'guest-file-read':
        return {
          return: {
            'buf-b64': Buffer.from(`${fake.bootIds.get(node) ?? `boot-${node}`}\n`).toString('base64'),
          },
        };
      case 'guest-exec':
        program = [node, argument.path, ...(argument.arg ?? [])].join(' ');
        fake.programs.push(program);
        return { return: { pid: 1 } };
      case 'guest-exec-status': {
        const printed = fake.prints(program);
        const output = printed === '' ? {} : { 'out-data': Buffer.from(printed).toString('base64') };
        return { return: { exited: true, exitcode: 0, ...output } };
      }
      case 'guest-set-time':
        fake.clocksSet += 1;
        return { return: {} };
      case 'guest-get-time':
        return { return: Date.UTC(2030, 0, 1) * 1e6 };
      default:
        return { return: {} };
    }
  };
}
