import type { Docker } from '../docker/port.ts';
import { frozenFiles } from './files.ts';
import type { Manifest } from './manifest.ts';
import { templateMount, type Template } from './store.ts';

/**
 * Reads every byte of a template and compares it with what the manifest says.
 * @returns the files that differ or are missing; empty when all is well
 */
export async function verifyTemplate(
  docker: Docker,
  template: Template & { readonly manifest: Manifest },
  signal: AbortSignal,
): Promise<string[]> {
  const { manifest, id } = template;
  const sums = manifest.machines.flatMap(({ name, ram, state }) => {
    const files = frozenFiles(name);
    return [`${state.sha256}  ${files.state}`, `${ram.sha256}  ${files.ram}`];
  });
  const container = await docker.containers.create({
    name: `gocli-verify-${id}-${process.pid.toFixed(0)}`,
    image: manifest.imageId,
    labels: {},
    network: 'none',
    capabilities: [],
    noNewPrivileges: true,
    user: '0:107',
    entrypoint: ['sh', '-c', 'printf %s "$SUMS" | sha256sum --check --quiet - 2>&1'],
    env: [`SUMS=${sums.join('\n')}\n`],
    mounts: [templateMount(id, 'read')],
  });
  try {
    await docker.containers.start(container);
    const exitCode = await docker.containers.wait(container, signal);
    if (exitCode === 0) return [];
    const log = await docker.containers.logs(container);
    const files = log.split('\n').flatMap((line) => /^(\/\S+): FAILED/.exec(line)?.[1] ?? []);
    return files.length > 0 ? files : [log.trim()];
  } finally {
    await docker.containers.remove(container);
  }
}
