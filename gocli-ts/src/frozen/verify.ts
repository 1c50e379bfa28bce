import type { Docker, Labels } from '../place/interface.ts';
import { frozenFiles } from './frozen-files.ts';
import type { Manifest } from './manifest.ts';
import { templateMount, type Template } from './templates.ts';
import { runTool } from './tool.ts';

/**
 * Reads every byte of a template and compares it with what the manifest says.
 * @param labels of the container that reads
 * @returns the files that differ or are missing; empty when all is well
 */
export async function verifyTemplate(
  docker: Docker,
  { id }: Template,
  manifest: Manifest,
  labels: Labels,
  signal: AbortSignal,
): Promise<string[]> {
  const sums = manifest.machines.flatMap(({ name, ram, state }) => {
    const files = frozenFiles(name);
    return [`${state.sha256}  ${files.state}`, `${ram.sha256}  ${files.ram}`];
  });
  const { exitCode, output } = await runTool(
    docker,
    {
      name: `gocli-verify-${id}-${process.pid.toFixed(0)}`,
      image: manifest.imageId,
      labels,
      mounts: [templateMount(id, 'read')],
      script: 'printf "%s\\n" "$@" | sha256sum --check --quiet - 2>&1',
      arguments: sums,
    },
    signal,
  );
  if (exitCode === 0) return [];
  const files = output.split('\n').flatMap((line) => /^(\/\S+): FAILED/.exec(line)?.[1] ?? []);
  return files.length > 0 ? files : [output.trim()];
}
