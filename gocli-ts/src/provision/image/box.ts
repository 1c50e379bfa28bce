import { randomBytes } from 'node:crypto';
import type { ContainerSpec, Docker, Mount } from '../../place/interface.ts';
import { GocliError } from '../../errors/error.ts';
import { lastLines } from '../../shared/text.ts';
import type { StepContext } from '../step.ts';

/** A container of the runner without network and capabilities, in which a step works on image files. */
export interface Box extends AsyncDisposable {
  readonly id: string;
  /** @throws GocliError REMOTE_COMMAND with the program's last lines */
  run(argv: readonly [string, ...string[]]): Promise<string>;
}

export interface BoxOptions {
  readonly image: string;
  readonly mounts: readonly Mount[];
  /** `uid:gid`. */
  readonly user: string;
}

/** Removed with everything in it when disposed of. */
export async function openBox(context: StepContext, options: BoxOptions): Promise<Box> {
  const { docker, labels, signal } = context;
  const id = await docker.containers.create(boxSpec(options, labels));
  const box: Box = {
    id,
    run: (argv) => runIn(docker, id, argv, signal),
    [Symbol.asyncDispose]: () => docker.containers.remove(id),
  };
  try {
    await docker.containers.start(id);
    return box;
  } catch (error) {
    await docker.containers.remove(id);
    throw error;
  }
}

function boxSpec({ image, mounts, user }: BoxOptions, labels: ContainerSpec['labels']): ContainerSpec {
  return {
    name: temporaryName(),
    image,
    labels,
    network: 'none',
    capabilities: [],
    noNewPrivileges: true,
    user,
    mounts,
    entrypoint: ['sleep'],
    command: ['infinity'],
  };
}

async function runIn(
  docker: Docker,
  id: string,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const { exitCode, stdout, stderr } = await docker.containers.exec(id, argv, { signal });
  signal.throwIfAborted();
  if (exitCode === 0) return stdout;
  throw new GocliError(
    'REMOTE_COMMAND',
    `${argv[0] ?? ''} failed with exit code ${exitCode} in a provisioning container`,
    {
      observed: lastLines(`${stdout}\n${stderr}`, 15),
    },
  );
}

/** A name for something that lives as long as one step. */
export function temporaryName(): string {
  return `gocli-provision-${randomBytes(5).toString('hex')}`;
}
