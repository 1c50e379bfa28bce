import { LABEL } from '../place/labels.ts';
import { keeperSpec, removeUnusedVolume } from '../place/keeper.ts';
import type { ContainerInfo, Docker, Labels, Mount } from '../place/port.ts';
import { GocliError } from '../errors/error.ts';
import { FROZEN } from './files.ts';
import type { FrozenDeps } from './freeze.ts';
import { openManifest, sealManifest, type Manifest } from './manifest.ts';
import { sweepTools } from './tool.ts';

/** A published template. */
export interface Template {
  readonly id: string;
  readonly key: string;
  readonly volume: string;
  readonly imageId: string;
  /** The container that refers to the volume; removing it unpublishes the template. Never started. */
  readonly keeper: string;
  /** Or why it cannot be used. */
  readonly manifest: Manifest | string;
}

/** A template whose manifest can be read. */
export interface IntactTemplate extends Template {
  readonly manifest: Manifest;
}

export function isIntact(template: Template): template is IntactTemplate {
  return typeof template.manifest !== 'string';
}

/** File beside the frozen machines that is readable for root only. */
export const ATTACHMENT_FILE = 'attachment.json';
const ATTACHMENT = `${FROZEN}/${ATTACHMENT_FILE}`;

export function templateVolume(id: string): string {
  return `gocli-template-${id}`;
}

/** Mount of a template's volume; the first container that mounts it makes it. */
export function templateMount(id: string, access: 'write' | 'read'): Mount {
  return {
    type: 'volume',
    source: templateVolume(id),
    target: FROZEN,
    readOnly: access === 'read',
    labels: { [LABEL.role]: 'template', [LABEL.template]: id },
  };
}

/** All published templates, or those with a key; one request. */
export async function listTemplates(docker: Docker, key?: string): Promise<Template[]> {
  const keyed = key === undefined ? {} : { [LABEL.key]: key };
  const keepers = await docker.containers.list({ [LABEL.role]: 'template', ...keyed });
  return keepers.map(templateOf);
}

function templateOf({ id: keeper, labels, imageId }: ContainerInfo): Template {
  const id = labels[LABEL.template] ?? '';
  return {
    id,
    key: labels[LABEL.key] ?? '',
    volume: templateVolume(id),
    imageId,
    keeper,
    manifest: openManifest(labels[LABEL.manifest], labels[LABEL.checksum]),
  };
}

/**
 * Refers to the volume of a template that is not published yet, so that no sweep takes it between two containers that
 * use it. The container is never started; whoever asked for it removes it.
 * @returns its id
 */
export function holdTemplate(docker: Docker, id: string, image: string, labels: Labels): Promise<string> {
  return docker.containers.create({
    ...keeperSpec(image, [templateMount(id, 'read')]),
    name: `${templateVolume(id)}-holder`,
    labels,
  });
}

/**
 * Publishes frozen machines: from the moment the keeper exists, others may thaw them. Their files must have reached the
 * disk before.
 */
export async function publishTemplate(docker: Docker, manifest: Manifest): Promise<void> {
  const { text, sha256 } = sealManifest(manifest);
  await docker.containers.create({
    ...keeperSpec(manifest.imageId, [templateMount(manifest.id, 'read')]),
    name: templateVolume(manifest.id),
    labels: {
      [LABEL.role]: 'template',
      [LABEL.template]: manifest.id,
      [LABEL.key]: manifest.key,
      [LABEL.manifest]: text,
      [LABEL.checksum]: sha256,
    },
  });
}

/**
 * Keeps a text beside the frozen machines, in a file that only root may read: keys and certificates do not belong into
 * labels.
 * @param container a container that can write to the volume
 */
export async function writeAttachment(docker: Docker, container: string, text: string): Promise<void> {
  const argv = ['sh', '-c', `umask 077; cat > ${ATTACHMENT}`];
  const { exitCode, stderr } = await docker.containers.exec(container, argv, { stdin: text });
  if (exitCode === 0) return;
  throw new GocliError('COMMAND', `${ATTACHMENT} cannot be written`, { observed: stderr });
}

/** The text that is kept beside a template. @throws GocliError NOT_FOUND */
export async function readAttachment(docker: Docker, { keeper }: Template): Promise<string> {
  return (await docker.containers.readFile(keeper, ATTACHMENT)).toString('utf8');
}

/** Nobody finds the template any more; its volume goes when the last cluster on it does. */
export async function unpublishTemplate(docker: Docker, template: Template): Promise<void> {
  await docker.containers.remove(template.keeper);
  await removeUnusedVolume(docker, template.volume);
}

/**
 * Removes the volumes of templates that were never finished or are unpublished, as far as no container uses them, and
 * tools of killed processes, which would keep them.
 */
export async function sweepTemplates(deps: FrozenDeps): Promise<void> {
  const { docker } = deps;
  await sweepTools(deps);
  const volumes = await docker.volumes.list({ [LABEL.role]: 'template' });
  await Promise.all(volumes.map(({ name }) => removeUnusedVolume(docker, name)));
}
