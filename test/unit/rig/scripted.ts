import type { ExecutionContext } from 'ava';
import { listTemplates } from '../../../gocli-ts/src/frozen/templates.ts';
import { removeRig } from '../../../gocli-ts/src/rig/remove.ts';
import { up } from '../../../gocli-ts/src/rig/up.ts';
import { addProvider, makeEngine, requestFor, VM_FACTS, type Engine } from '../../helpers/engine.ts';
import { scriptMachines, type FakeMachines } from '../frozen/machines.ts';

/** A provider whose machines do what they are told, and a start of it that makes a template or thaws it. */
export interface Scripted {
  readonly engine: Engine;
  readonly machines: FakeMachines;
  readonly start: () => Promise<unknown>;
}

export async function scripted(t: ExecutionContext, disk = false): Promise<Scripted> {
  const engine = await makeEngine(t);
  const machines = scriptMachines(engine.docker, engine.clock);
  const image = addProvider(engine.docker, { ...VM_FACTS, disk });
  engine.docker.onExec((argv) =>
    argv.includes('measure') ? { stdout: `9 ${'a'.repeat(64)} 8 1 ${'b'.repeat(64)}\n` } : undefined,
  );
  return { engine, machines, start: () => up(requestFor(image, { template: 'use' }), engine) };
}

export const notices = ({ events }: Engine): string =>
  events.flatMap((event) => (event.type === 'notice' ? [event.text] : [])).join('\n');
export const templateVolumes = ({ docker }: Engine): string[] =>
  [...docker.volumeStore.keys()].filter((name) => name.startsWith('gocli-template-'));
export const named = (engine: Engine): string[] =>
  [...engine.docker.containerStore.values()].map(({ info }) => info.name).sort();

/** The same where a template has been made, and no cluster is left. */
export async function thawable(t: ExecutionContext): Promise<Scripted & { readonly template: string }> {
  const made = await scripted(t);
  await made.start();
  const { docker } = made.engine;
  const [template] = await listTemplates(docker);
  const content = JSON.stringify({ sshPrivateKey: 'private', sshPublicKey: 'public' });
  await docker.containers.putFiles(template?.keeper ?? '', '/frozen', [{ path: 'attachment.json', content }]);
  await removeRig('c', made.engine);
  made.engine.events.length = 0;
  return { ...made, template: template?.id ?? '' };
}
