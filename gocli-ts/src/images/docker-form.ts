import { z } from 'zod';
import {
  digestOf,
  manifestOf,
  type Blob,
  type LayerCompression,
  type LoadableImage,
} from './loadable-image.ts';
import { MOST_LAYERS, type ArchiveReader } from './reader.ts';

/** List of the images of what `docker save` writes (moby, image/spec/spec.md, "Combined Image JSON"). */
export const DOCKER_LIST = 'manifest.json';

const listSchema = z.array(
  z.object({
    Config: z.string(),
    RepoTags: z.array(z.string()).nullish(),
    Layers: z.array(z.string()).max(MOST_LAYERS).nullish(),
  }),
);

/** The images of such an archive. They get manifests, which it does not have. @throws GocliError BAD_ARCHIVE */
export function dockerImages(archive: ArchiveReader): LoadableImage[] {
  return archive.parse(listSchema, DOCKER_LIST).map(({ Config: path, RepoTags, Layers }) => {
    const content = archive.content(path);
    const config = { digest: digestOf(content), size: content.length, path: archive.file(path).path };
    const { diff_ids: diffIds } = archive.config(path).rootfs;
    const paths = Layers ?? [];
    if (paths.length !== diffIds.length)
      throw archive.bad(`has ${paths.length} layers of an image whose configuration has ${diffIds.length}`);
    const layers = paths.map((layer, at) => layerOf(archive, layer, diffIds[at] ?? ''));
    const names = (RepoTags ?? []).map((tag) => archive.name(tag));
    return { names, manifest: manifestOf(config, layers), blobs: [config, ...layers] };
  });
}

interface Layer extends Blob {
  readonly path: string;
  readonly compression: LayerCompression;
}

/** The digest of a layer that is not compressed is that of its content, which the configuration has. */
function layerOf(archive: ArchiveReader, layer: string, diffId: string): Layer {
  const file = archive.file(layer);
  const compression = archive.compression(file);
  const { path, size } = file;
  const inName = path.replace(/^blobs\/(\w+)\//, '$1:');
  const digest = compression === undefined ? diffId : (file.digest ?? inName);
  return { digest: archive.digest(digest), size, path, compression };
}
