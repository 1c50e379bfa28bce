import { LABEL } from '../place/labels.ts';
import type { Docker, Labels, Mount } from '../place/interface.ts';
import { allOf } from '../shared/all.ts';
import type { Clock } from '../shared/clock.ts';

/** Milliseconds after which nobody waits for a tool any more: the longest, reading a template, takes minutes. */
const ABANDONED_MS = 3_600_000;

export interface ToolRun {
  readonly name: string;
  readonly image: string;
  /** Whose it is; its role is added. */
  readonly labels: Labels;
  readonly mounts: readonly Mount[];
  /** Shell script; `$1` and so on are the arguments. */
  readonly script: string;
  readonly arguments?: readonly string[];
  readonly user?: string;
  /** Further ones. It may always read: files of a machine belong to the user that its qemu runs as. */
  readonly capabilities?: readonly string[];
}

export interface ToolResult {
  readonly exitCode: number;
  readonly output: string;
}

/**
 * Runs a short script in a container of its own that has volumes, no network and as little right as it needs. What it
 * prints comes over a stream: the log of a container that ended may lack what a slow daemon has not yet written.
 */
export async function runTool(docker: Docker, run: ToolRun, signal: AbortSignal): Promise<ToolResult> {
  const container = await docker.containers.create({
    name: run.name,
    image: run.image,
    labels: { ...run.labels, [LABEL.role]: 'tool' },
    network: 'none',
    capabilities: ['DAC_OVERRIDE', ...(run.capabilities ?? [])],
    noNewPrivileges: true,
    user: run.user ?? '0:107',
    entrypoint: ['sleep', 'infinity'],
    command: [],
    mounts: run.mounts,
  });
  try {
    await docker.containers.start(container);
    const argv = ['sh', '-c', run.script, 'sh', ...(run.arguments ?? [])];
    const { exitCode, stdout, stderr } = await docker.containers.exec(container, argv, { signal });
    return { exitCode, output: `${stdout}${stderr}` };
  } finally {
    await docker.containers.remove(container);
  }
}

/** Removes tools of processes that were killed. They are told by their age: a process id says nothing in a container. */
export async function sweepTools({
  docker,
  clock,
}: {
  readonly docker: Docker;
  readonly clock: Clock;
}): Promise<void> {
  const tools = await docker.containers.list({ [LABEL.role]: 'tool' });
  const abandoned = tools.filter(({ created }) => clock.now() - Date.parse(created) > ABANDONED_MS);
  await allOf(abandoned.map(({ id }) => docker.containers.remove(id)));
}
