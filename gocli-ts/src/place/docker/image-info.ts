import type Dockerode from 'dockerode';
import type { ImageInfo } from '../interface.ts';

/** An image of a list. The daemon says null for no tags and no labels, whatever its types promise. */
export function listedInfo(answer: Dockerode.ImageInfo): ImageInfo {
  const { Id, Size, Created } = answer;
  const { RepoTags, Labels } = answer as {
    RepoTags?: string[] | null;
    Labels?: Record<string, string> | null;
  };
  return {
    id: Id,
    tags: RepoTags ?? [],
    labels: Labels ?? {},
    size: Size,
    created: new Date(Created * 1000).toISOString(),
  };
}

/** An image that was asked for by its name or id. */
export function imageInfo(answer: Dockerode.ImageInspectInfo): ImageInfo {
  // The daemon says null when there is none, whatever its types promise.
  const { Labels: labels } = answer.Config as { Labels?: Record<string, string> | null };
  return {
    id: answer.Id,
    tags: answer.RepoTags,
    labels: labels ?? {},
    size: answer.Size,
    created: answer.Created,
    layers: answer.RootFS.Layers ?? [],
    platform: { os: answer.Os, architecture: answer.Architecture },
  };
}
