import { createRequire } from 'node:module';

/**
 * The yaml library, loaded at first use. That takes as long as a tenth of a command's start, and most commands never
 * need it; a start of a cluster needs it while the daemon makes containers.
 */
export function yaml(): typeof import('yaml') {
  return createRequire(import.meta.url)('yaml') as typeof import('yaml');
}

/**
 * Renders a value as YAML that readers of YAML 1.1 and of 1.2 take for the same. Kubernetes reads 1.1 (sigs.k8s.io/yaml),
 * where a plain `no`, `on`, `y` or `017` is not a string, and its reader takes more for numbers than any version says
 * (`0b-1`). So every string is quoted, and of the keys those that one version or the other would not take for one.
 */
export function renderYaml(value: unknown): string {
  return yaml().stringify(value, {
    version: '1.1',
    compat: 'core',
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
    lineWidth: 0,
  });
}
