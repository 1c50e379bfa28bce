import { LABEL } from '../place/labels.ts';
import {
  keeperSpec,
  makeKeeper,
  removeKeeper,
  removeUnusedVolume,
  restoreKeepers,
  rigsAmong,
} from '../place/keeper.ts';
import type { ContainerInfo, Docker, Labels, Mount } from '../place/interface.ts';
import { FACTS_LABEL } from '../provider/facts.ts';
import { FROZEN } from './frozen-files.ts';
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
  const keeper = {
    name: templateVolume(manifest.id),
    image: manifest.imageId,
    mounts: [templateMount(manifest.id, 'write')],
    labels: {
      [LABEL.role]: 'template',
      [LABEL.template]: manifest.id,
      [LABEL.key]: manifest.key,
      [LABEL.manifest]: text,
      [LABEL.checksum]: sha256,
    },
  };
  await makeKeeper(docker, keeper, { at: FROZEN, name: keeper.name });
}

/**
 * Makes the keepers of templates anew that `docker container prune` removed.
 * @returns whether there were any
 */
export async function restoreTemplates(docker: Docker): Promise<boolean> {
  return restoreAmong(docker, await withoutKeeper(docker));
}

async function restoreAmong(
  docker: Docker,
  volumes: readonly { readonly name: string; readonly labels: Labels }[],
): Promise<boolean> {
  if (volumes.length === 0) return false;
  const [image] = await docker.images.list({ [FACTS_LABEL]: '' });
  if (image === undefined) return false;
  let made = false;
  for (const { name: volume, labels } of volumes) {
    const restored = await restoreKeepers(docker, { volume, labels, at: FROZEN, image: image.id });
    made = restored.made || made;
  }
  return made;
}

/** Volumes of templates that are not published: unfinished, unpublished, or their keeper was removed. */
async function withoutKeeper(docker: Docker): Promise<{ name: string; labels: Labels }[]> {
  const [volumes, keepers] = await Promise.all([
    docker.volumes.list({ [LABEL.role]: 'template' }),
    docker.containers.list({ [LABEL.role]: 'template' }),
  ]);
  const kept = new Set(keepers.map(({ labels }) => templateVolume(labels[LABEL.template] ?? '')));
  return volumes.filter(({ name }) => !kept.has(name));
}

/**
 * Keeps a text beside frozen machines, in a file that only root may read: keys and certificates do not belong into
 * labels, and the registry, which is open to all, runs as the user whose the other files are.
 * @param container a container that has the volume, not read-only
 * @param folder of the machines in it
 */
export async function writeAttachment(
  docker: Docker,
  container: string,
  folder: string,
  text: string,
): Promise<void> {
  await docker.containers.putFiles(container, folder, [
    { path: ATTACHMENT_FILE, content: text, mode: 0o600 },
  ]);
}

/** The text that is kept beside a template. @throws GocliError NOT_FOUND */
export async function readAttachment(docker: Docker, { keeper }: Template): Promise<string> {
  return (await docker.containers.readFile(keeper, ATTACHMENT)).toString('utf8');
}

/** Nobody finds the template any more; its volume goes when the last cluster on it does. */
export async function unpublishTemplate(docker: Docker, template: Template): Promise<void> {
  const { keeper, volume } = template;
  // A cluster on it keeps the volume, from which nobody may publish it again.
  await removeKeeper(docker, keeper, { at: FROZEN, name: volume });
  await removeVolumes(docker, [volume]);
}

/**
 * Disks of machines without containers, and of stopped rigs without keepers, which `docker container prune` removed, may
 * lie over any template.
 */
async function removeVolumes(docker: Docker, volumes: readonly string[]): Promise<void> {
  if (volumes.length === 0) return;
  const [rigs, containers] = await Promise.all([
    docker.volumes.list({ [LABEL.cluster]: '' }),
    docker.containers.list({}),
  ]);
  const nodes = containers.filter(({ labels }) => labels[LABEL.node] !== undefined);
  const withNodes = new Set(nodes.map(({ labels }) => labels[LABEL.cluster]));
  const known = rigsAmong(containers);
  const isPruned = ({ labels }: { readonly labels: Labels }): boolean => {
    const rig = labels[LABEL.cluster];
    return labels[LABEL.role] === 'machines' ? !withNodes.has(rig) : !known.has(rig);
  };
  if (rigs.some(isPruned)) return;
  await Promise.all(volumes.map((volume) => removeUnusedVolume(docker, volume)));
}

/**
 * Removes the volumes of templates that were never finished or are unpublished, as far as no container uses them, and
 * tools of killed processes, which would keep them.
 */
export async function sweepTemplates(deps: FrozenDeps): Promise<void> {
  const { docker } = deps;
  const [bare] = await Promise.all([withoutKeeper(docker), sweepTools(deps)]);
  if (bare.length === 0) return;
  const swept = (await restoreAmong(docker, bare)) ? await withoutKeeper(docker) : bare;
  await removeVolumes(
    docker,
    swept.map(({ name }) => name),
  );
}
