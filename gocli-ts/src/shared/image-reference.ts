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
