import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FACTS_LABEL, type ProviderFacts } from '../../gocli-ts/src/provider/facts.ts';
import { IMAGE_PATH } from '../../gocli-ts/src/provider/image-path.ts';
import type { Docker } from '../../gocli-ts/src/place/interface.ts';
import { localHost } from '../../gocli-ts/src/host/exec.ts';
import { userPaths } from '../../gocli-ts/src/host/paths.ts';
import { labelInstruction } from '../../gocli-ts/src/provision/image/labels.ts';
import { imageOf, resultOf } from '../../gocli-ts/src/provision/image/results.ts';
import { provision, type ProvisionResult } from '../../gocli-ts/src/provision/provision.ts';
import type { StepContext } from '../../gocli-ts/src/provision/step.ts';
import { resolveStep } from '../../gocli-ts/src/provision/steps/resolve.ts';
import { rootfsStep } from '../../gocli-ts/src/provision/steps/rootfs.ts';
import { runnerStep } from '../../gocli-ts/src/provision/steps/runner.ts';
import { TINY_FILES, tinyStep } from '../../gocli-ts/src/provision/steps/tiny.ts';
import { systemClock } from '../../gocli-ts/src/shared/clock.ts';
import { ssh2Client } from '../../gocli-ts/src/ssh/client.ts';
import { AS_FLAGS } from '../../gocli-ts/src/rig/options/option.ts';
import { CHECKOUT } from './cli.ts';

export interface TinyImageOptions {
  /** Added to the kernel command line; `gocli.poweroff` makes the machine end while it boots. */
  readonly kernelArgs?: readonly string[];
  readonly nodes?: number;
}

/**
 * A provider image without Kubernetes and without a disk: the real runner and a guest that is up in seconds. It is
 * made by the real provisioning steps, once; returns its reference `gocli/tiny:<hash>`.
 */
export async function tinyImage(docker: Docker, options: TinyImageOptions = {}): Promise<string> {
  const facts: ProviderFacts = {
    format: 1,
    name: 'tiny',
    defaults: { nodes: options.nodes ?? 1, cpus: 1, memoryMiB: 256 },
    kernelArgs: [...(options.kernelArgs ?? [])],
    disk: false,
    tiny: {},
  };
  const { results } = await provisionTiny(docker);
  const keys = [...results.values()].map(({ key }) => key);
  const hash = createHash('sha256')
    .update(JSON.stringify([keys, facts]))
    .digest('hex')
    .slice(0, 12);
  const reference = `gocli/tiny:${hash}`;
  if ((await docker.images.inspect(reference)) === undefined)
    await makeImage(docker, reference, results, facts);
  return reference;
}

/** Runner, root file system and tiny guest, by the real provisioning steps; most often from the cache. */
export function provisionTiny(docker: Docker): Promise<ProvisionResult> {
  return provision(
    {
      folder: join(CHECKOUT, 'cluster-provision', 'k8s', '1.36'),
      steps: [resolveStep(false), runnerStep, rootfsStep, tinyStep],
    },
    {
      docker,
      host: localHost(process.env),
      ssh: ssh2Client(),
      naming: AS_FLAGS,
      clock: systemClock,
      paths: userPaths(process.env),
      emit: () => undefined,
      signal: new AbortController().signal,
      version: '0.0.0',
      kinds: [],
      run: 'tests',
      checkout: CHECKOUT,
    },
  );
}

async function makeImage(
  docker: Docker,
  reference: string,
  made: ProvisionResult['results'],
  facts: ProviderFacts,
): Promise<void> {
  const results = Object.fromEntries([...made].map(([name, { result }]) => [name, result.folder]));
  const context: Pick<StepContext, 'results'> = { results };
  const folder = resultOf(context, 'tiny');
  const kernel = await readFile(join(folder, TINY_FILES.kernel));
  const initrd = await readFile(join(folder, TINY_FILES.initrd));
  const id = await docker.containers.create({
    name: `gocli-tiny-image-${process.pid}`,
    image: await imageOf(context, 'runner'),
    labels: {},
    network: 'none',
    capabilities: [],
    noNewPrivileges: true,
    command: ['/bin/true'],
  });
  try {
    await docker.containers.putFiles(
      id,
      '/',
      Object.entries({
        [IMAGE_PATH.kernel]: kernel,
        [IMAGE_PATH.initrd]: initrd,
        [IMAGE_PATH.tiny]: initrd,
      }).map(([path, content]) => ({ path: path.slice(1), content })),
    );
    await docker.images.commit(id, reference, {
      changes: [labelInstruction([FACTS_LABEL, JSON.stringify(facts)])],
    });
  } finally {
    await docker.containers.remove(id);
  }
}
