// Grammar of image references: github.com/distribution/reference, regexp.go.
const COMPONENT = String.raw`[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*`;
const PATH = `${COMPONENT}(?:/${COMPONENT})*`;
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const REGISTRY = String.raw`(?:${LABEL}(?:\.${LABEL})*|\[[A-Fa-f0-9:]+\])(?::\d{1,5})?`;
const TAG = String.raw`\w[\w.-]{0,127}`;
const DIGEST = String.raw`[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[A-Fa-f0-9]{32,}`;

/** `team/kubevirtci` */
export const IMAGE_PATH = new RegExp(`^${PATH}$`);
/** `registry.example:5000` */
export const IMAGE_REGISTRY = new RegExp(`^${REGISTRY}$`);
/** What stands behind the colon of `gocli/k8s-1.36:latest`. */
export const IMAGE_TAG = new RegExp(`^${TAG}$`);
/** A whole reference; the id of an image is one, too. */
export const IMAGE_REFERENCE = new RegExp(`^(?:${REGISTRY}/)?${PATH}(?::${TAG})?(?:@${DIGEST})?$`);

const NAME = new RegExp(`^(?:(?<registry>${REGISTRY})/)?(?<path>${PATH})(?::(?<tag>${TAG}))?$`);
/** Characters of a name without its tag (distribution/reference, RepositoryNameTotalLengthMax). */
const LONGEST_NAME = 255;

/**
 * The name that containerd and the kubelet have for what a user calls `foo`: `docker.io/library/foo:latest`
 * (distribution/reference, normalize.go). Undefined for what is no name: an id, a digest, anything malformed.
 */
export function fullImageName(reference: string): string | undefined {
  const { registry, path = '', tag = 'latest' } = namePartsOf(reference) ?? {};
  if (path === '') return undefined;
  const isHub = registry === undefined || registry === 'docker.io' || registry === 'index.docker.io';
  const whole = isHub ? `docker.io/${path.includes('/') ? path : `library/${path}`}` : `${registry}/${path}`;
  return whole.length > LONGEST_NAME ? undefined : `${whole}:${tag}`;
}

/** Registry and path of `registry.example:5000/team`; undefined when it is none, or names no host. */
export function registryAndPath(text: string): { registry: string; path: string } | undefined {
  const slash = text.indexOf('/');
  const [registry, path] = [text.slice(0, Math.max(slash, 0)), text.slice(slash + 1)];
  if (text.length > LONGEST_NAME || !IMAGE_REGISTRY.test(registry) || !IMAGE_PATH.test(path))
    return undefined;
  return looksLikeHost(registry) ? { registry, path } : undefined;
}

interface NameParts {
  readonly registry?: string | undefined;
  readonly path?: string | undefined;
  readonly tag?: string | undefined;
}

/** The first part of a name is a registry when it looks like a host; `team/app` has none. */
function namePartsOf(reference: string): NameParts | undefined {
  const { registry, path = '', tag } = NAME.exec(reference)?.groups ?? {};
  if (path === '' || /^[0-9a-f]{64}$/.test(reference)) return undefined;
  if (registry === undefined || looksLikeHost(registry)) return { registry, path, tag };
  return { path: `${registry}/${path}`, tag };
}

function looksLikeHost(part: string): boolean {
  return /[.:[]/.test(part) || part === 'localhost' || part !== part.toLowerCase();
}
