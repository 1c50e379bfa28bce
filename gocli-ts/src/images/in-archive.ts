import type { ArchivedFiles } from './archive.ts';
import { badArchive } from './bad-archive.ts';
import { DOCKER_LIST, dockerImages } from './docker-form.ts';
import type { LoadableImage } from './loadable-image.ts';
import { OCI_LIST, ociImages } from './oci-form.ts';
import { ArchiveReader } from './reader.ts';

/**
 * The images of an archive, of each the one for the nodes' platform.
 * @param name of the archive, for messages
 * @param preferred what is read of an archive that has both, as those of Docker 25 and later
 * @throws GocliError BAD_ARCHIVE
 */
export function imagesIn(
  files: ArchivedFiles,
  name: string,
  preferred: 'oci' | 'docker' = 'oci',
): LoadableImage[] {
  const archive = new ArchiveReader(files, name);
  const forms = [
    archive.has(OCI_LIST) ? ('oci' as const) : undefined,
    archive.has(DOCKER_LIST) ? ('docker' as const) : undefined,
  ].filter((form) => form !== undefined);
  const form = forms.includes(preferred) ? preferred : forms[0];
  if (form === undefined)
    throw badArchive(name, `holds no images: it has neither ${DOCKER_LIST} nor ${OCI_LIST}`);
  const images = form === 'oci' ? ociImages(archive) : dockerImages(archive);
  if (images.length === 0) throw badArchive(name, 'holds no images: its list of them is empty');
  return images;
}
