import type { Docker, Mount } from '../docker/port.ts';

export interface ToolRun {
  readonly name: string;
  readonly image: string;
  readonly mounts: readonly Mount[];
  /** Shell script; `$1` and so on are the arguments. */
  readonly script: string;
  readonly arguments?: readonly string[];
  readonly user?: string;
  readonly capabilities?: readonly string[];
}

export interface ToolResult {
  readonly exitCode: number;
  readonly output: string;
}

/** Runs a short script in a container of its own that has volumes, no network and as little right as it needs. */
export async function runTool(docker: Docker, run: ToolRun, signal: AbortSignal): Promise<ToolResult> {
  const container = await docker.containers.create({
    name: run.name,
    image: run.image,
    labels: {},
    network: 'none',
    capabilities: run.capabilities ?? [],
    noNewPrivileges: true,
    user: run.user ?? '0:107',
    entrypoint: ['sh', '-c', run.script, 'sh', ...(run.arguments ?? [])],
    mounts: run.mounts,
  });
  try {
    await docker.containers.start(container);
    const exitCode = await docker.containers.wait(container, signal);
    return { exitCode, output: await docker.containers.logs(container) };
  } finally {
    await docker.containers.remove(container);
  }
}
