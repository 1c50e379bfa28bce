import { keeperSpec } from '../../gocli-ts/src/place/keeper.ts';
import { LABEL } from '../../gocli-ts/src/place/labels.ts';
import type { Docker } from '../../gocli-ts/src/place/interface.ts';
import { sealManifest, type Manifest } from '../../gocli-ts/src/frozen/manifest.ts';
import {
  listTemplates,
  templateMount,
  templateVolume,
  type Template,
} from '../../gocli-ts/src/frozen/templates.ts';

type Intact = Omit<Template, 'manifest'> & { readonly manifest: Manifest };

/** Templates that were made from an image. */
export async function templatesOf(docker: Docker, imageId: string): Promise<Intact[]> {
  const all = await listTemplates(docker);
  return all.filter(
    (template): template is Intact => typeof template.manifest !== 'string' && template.imageId === imageId,
  );
}

/** Publishes a template anew with another manifest: what a template of another host or time would say. */
export async function republish(
  docker: Docker,
  template: Intact,
  change: Partial<Manifest>,
  seal: (manifest: Manifest) => { text: string; sha256: string } = sealManifest,
): Promise<void> {
  const { text, sha256 } = seal({ ...template.manifest, ...change });
  // The volume would go with its last container.
  const keeper = keeperSpec(template.imageId, [templateMount(template.id, 'read')]);
  const name = templateVolume(template.id);
  const holder = await docker.containers.create({ ...keeper, name: `${name}-holder`, labels: {} });
  await docker.containers.remove(template.keeper);
  const labels = {
    [LABEL.role]: 'template',
    [LABEL.template]: template.id,
    [LABEL.key]: template.key,
    [LABEL.manifest]: text,
    [LABEL.checksum]: sha256,
  };
  await docker.containers.create({ ...keeper, name, labels });
  await docker.containers.remove(holder);
}

/** Runs a shell script that may write to the files of a template, which nobody else ever does. */
export async function damage(docker: Docker, template: Template, script: string): Promise<void> {
  const id = await docker.containers.create({
    name: `${templateVolume(template.id)}-damage`,
    image: template.imageId,
    network: 'none',
    capabilities: ['DAC_OVERRIDE', 'CHOWN', 'FOWNER'],
    noNewPrivileges: true,
    user: '0:107',
    entrypoint: ['sh', '-c', script],
    mounts: [templateMount(template.id, 'write')],
    labels: {},
  });
  try {
    await docker.containers.start(id);
    const code = await docker.containers.wait(id, AbortSignal.timeout(60_000));
    if (code !== 0)
      throw new Error(`the script ended with code ${code}: ${await docker.containers.logs(id)}`);
  } finally {
    await docker.containers.remove(id);
  }
}
