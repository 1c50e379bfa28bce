import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Docker } from '../../../gocli-ts/src/place/interface.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import type { GocliEvent } from '../../../gocli-ts/src/events/events.ts';
import type { Host } from '../../../gocli-ts/src/host/interface.ts';
import type {
  ProvisionDeps,
  ProvisionStep,
  StepContext,
  StepName,
} from '../../../gocli-ts/src/provision/step.ts';
import { systemClock } from '../../../gocli-ts/src/shared/clock.ts';
import type { Ssh } from '../../../gocli-ts/src/ssh/interface.ts';
import { AS_FLAGS } from '../../../gocli-ts/src/rig/options/option.ts';

export const PROVIDER_YAML = `apiVersion: gocli.io/v1
kind: Provider
name: k8s-1.36
guest: debian-13
defaults: { nodes: 1, cpus: 2, memory: 3072M, disk: 20G }
kubernetes: { version: 1.36.3, podSubnet: 10.244.0.0/16, serviceSubnet: 10.96.0.0/12 }
`;

/** A folder of its own, removed when the test ends. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-unit-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface Bench {
  /** The version folder. */
  readonly folder: string;
  readonly root: string;
  readonly deps: ProvisionDeps;
  readonly events: GocliEvent[];
  /** References of images that Docker has. */
  readonly images: Set<string>;
  readonly abort: AbortController;
}

/** A recipe and everything the engine works with, in a temporary folder. */
export async function openBench(t: ExecutionContext): Promise<Bench> {
  const base = await temporaryFolder(t);
  const root = join(base, 'cluster-provision');
  const folder = join(root, 'k8s', '1.36');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'provider.yaml'), PROVIDER_YAML);
  const images = new Set<string>();
  const events: GocliEvent[] = [];
  const abort = new AbortController();
  const deps: ProvisionDeps = {
    docker: dockerWith(images),
    host: unused('host') as Host,
    ssh: unused('ssh') as Ssh,
    clock: systemClock,
    paths: { cache: join(base, 'cache'), state: join(base, 'state') },
    emit: (event) => events.push(event),
    signal: abort.signal,
    naming: AS_FLAGS,
    version: '0.0.0',
    run: 'test',
    checkout: '/',
    kinds: [],
  };
  return { folder, root, deps, events, images, abort };
}

/** Docker as the engine itself uses it: a set of references. One that is named `in-use…` cannot be removed. */
function dockerWith(images: Set<string>): Docker {
  const served: Partial<Docker['images']> = {
    inspect: (reference) =>
      Promise.resolve(
        images.has(reference)
          ? { id: reference, tags: [reference], labels: {}, size: 1, created: '' }
          : undefined,
      ),
    tag: (source, reference) => {
      images.add(`${reference} -> ${source}`);
      return Promise.resolve();
    },
    remove: (reference) => {
      if (reference.startsWith('in-use'))
        return Promise.reject(new GocliError('CONFLICT', 'image is being used'));
      images.delete(reference);
      return Promise.resolve();
    },
  };
  return { ...(unused('docker') as Docker), images: served as Docker['images'] };
}

/** An object none of whose members may be used. */
function unused(what: string): object {
  return new Proxy(
    {},
    {
      get: (_, name) => {
        throw new Error(`${what}.${String(name)} is not expected to be used here`);
      },
      ownKeys: () => [],
    },
  );
}

export interface FakeStepOptions {
  readonly needs?: readonly StepName[];
  readonly values?: Record<string, string>;
  readonly files?: readonly string[];
  readonly volatile?: boolean;
  readonly startsMachine?: boolean;
  readonly run?: (context: StepContext) => Promise<void> | void;
}

/** A step that records when it ran. */
export function fakeStep(name: StepName, log: string[], options: FakeStepOptions = {}): ProvisionStep {
  const { needs = [], values = {}, files = [], volatile, startsMachine, run } = options;
  return {
    name,
    title: name,
    needs,
    ...(volatile === undefined ? {} : { volatile }),
    ...(startsMachine === undefined ? {} : { startsMachine: () => startsMachine }),
    inputs: () => ({ values: { ...values }, files }),
    run: async (context) => {
      log.push(name);
      await writeFile(join(context.output, 'made-by'), name);
      await run?.(context);
    },
  };
}
