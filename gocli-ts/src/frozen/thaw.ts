import { Agent } from '../machine/agent.ts';
import { Monitor } from '../machine/monitor.ts';
import { All } from '../shared/all.ts';
import { asBadState, BadState } from './bad-state.ts';
import { frozenFiles } from './frozen-files.ts';
import { BOOT_ID, type FrozenDeps } from './freeze.ts';
import type { Manifest } from './manifest.ts';
import { migrationEnd, setMigration, type Capability, type MachineHandle } from './migration.ts';

/** State of stopped machines in files that a new qemu can load. */
export interface SavedState {
  /** Version of qemu that saved it. */
  readonly qemu: string;
  /** With which it was saved, and has to be loaded. */
  readonly capabilities: readonly Capability[];
  /** Past the page cache; only with multifd. */
  readonly direct: boolean;
  readonly machines: readonly {
    readonly name: string;
    readonly bootId: string;
    /** Path in the machine's container. */
    readonly file: string;
  }[];
}

/** What a template's manifest says, in the form that {@link thaw} wants. */
export function savedStateOf({ qemu, machines }: Pick<Manifest, 'qemu' | 'machines'>): SavedState {
  return {
    qemu,
    capabilities: ['x-ignore-shared'],
    direct: false,
    machines: machines.map(({ name, bootId }) => ({ name, bootId, file: frozenFiles(name).state })),
  };
}

/**
 * Loads saved state into machines that wait for it and lets all run at the same moment. Returns as soon as they run;
 * their clocks are behind by the age of the template until {@link Thawed.confirm} has set them.
 * @param before what is done beside the load, and has to be over before the machines run
 * @throws BadState REMOTE_COMMAND (qemu refused the state), CONFLICT (another qemu); GocliError GUEST_DIED, TIMEOUT
 */
export async function thaw(
  machines: readonly MachineHandle[],
  saved: SavedState,
  deps: FrozenDeps,
  signal: AbortSignal,
  before: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Thawed> {
  // The agents' sockets are opened beside the load, so that the clocks can be set the moment the guests run.
  const connecting = All.open(machines, ({ container, node }) =>
    Agent.connect(deps.docker, container, node, signal),
  );
  connecting.catch(() => undefined);
  try {
    const agents = await loadAndRun(machines, saved, deps, signal, before, connecting);
    return new Thawed(agents, saved.machines, deps);
  } catch (error) {
    await connecting.then(
      (agents) => agents[Symbol.asyncDispose](),
      () => undefined,
    );
    throw error;
  }
}

async function loadAndRun(
  machines: readonly MachineHandle[],
  saved: SavedState,
  { docker, clock }: FrozenDeps,
  signal: AbortSignal,
  before: () => Promise<unknown>,
  connecting: Promise<All<Agent>>,
): Promise<All<Agent>> {
  await using monitors = await All.open(machines, ({ container, node }) =>
    Monitor.open(docker, container, node, signal),
  );
  const loading = monitors.each(async (monitor, index) => {
    const node = machines[index]?.node ?? '';
    if (monitor.version !== saved.qemu) {
      throw new BadState('CONFLICT', `qemu is ${monitor.version}; the state is of ${saved.qemu}`);
    }
    await setMigration(monitor, saved, signal);
    const uri = `file:${saved.machines[index]?.file ?? ''}`;
    try {
      await monitor.execute('migrate-incoming', { uri }, signal);
      await migrationEnd(monitor, `load the state of ${node}`, clock, signal);
    } catch (error) {
      throw asBadState(error, 'REMOTE_COMMAND');
    }
  });
  // Both are waited for, whichever fails: what runs in a container must not outlive its reason.
  await Promise.allSettled([loading, before()]).then((results) => {
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  });
  const agents = await connecting;
  await monitors.each((monitor) => monitor.execute('cont', {}, signal));
  return agents;
}

/** Machines that run again, but have not yet been told what time it is. */
export class Thawed implements AsyncDisposable {
  readonly #agents: All<Agent>;
  readonly #frozen: SavedState['machines'];
  readonly #deps: FrozenDeps;

  constructor(agents: All<Agent>, frozen: SavedState['machines'], deps: FrozenDeps) {
    this.#agents = agents;
    this.#frozen = frozen;
    this.#deps = deps;
  }

  /**
   * Sets all clocks, then makes sure that no guest rebooted on the way: it would look like a thaw.
   * @throws BadState GUEST_DIED (rebooted); GocliError GUEST_DIED (its agent is gone), REMOTE_COMMAND (clock not set)
   */
  async confirm(signal: AbortSignal): Promise<void> {
    await this.#agents.each(async (agent, index) => {
      await agent.synchronise(signal);
      await agent.setClock(this.#deps.clock, signal);
      const frozen = this.#frozen[index];
      const bootId = (await agent.readFile(BOOT_ID, signal)).trim();
      if (bootId === frozen?.bootId) return;
      throw new BadState('GUEST_DIED', `${frozen?.name ?? 'a machine'} rebooted instead of going on`);
    });
  }

  /** Starts a shell script in each guest, and leaves it to itself. @throws GocliError REMOTE_COMMAND, GUEST_DIED */
  async tell(script: string, signal: AbortSignal): Promise<void> {
    const program = { path: '/bin/sh', arg: ['-c', script] };
    await this.#agents.each((agent) => agent.execute('guest-exec', program, signal));
  }

  /** Runs a shell script in each guest to its end. @returns what each printed @throws GocliError REMOTE_COMMAND, GUEST_DIED */
  run(scripts: readonly string[], signal: AbortSignal): Promise<string[]> {
    return this.#agents.each((agent, at) => agent.script(scripts[at] ?? '', this.#deps.clock, signal));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#agents[Symbol.asyncDispose]();
  }
}
