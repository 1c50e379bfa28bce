import type { DebianPackage } from './dpkg.ts';
import type { GoProgram } from './go.ts';

/** What was found in one of the two root file systems of a provider image. */
export interface Inventory {
  readonly tree: string;
  readonly packages: readonly DebianPackage[];
  readonly programs: readonly GoProgram[];
}

interface Component {
  readonly type: 'library' | 'application' | 'container';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly properties: { readonly name: string; readonly value: string }[];
}

/**
 * A CycloneDX 1.6 bill of materials (cyclonedx.org/docs/1.6/json): every Debian package and every Go module, each
 * once, with the places where it was found. Equal inventories give equal bytes.
 */
export function renderSbom(name: string, version: string, inventories: readonly Inventory[]): string {
  const components = new Map<string, Component>();
  const add = (component: Component, place: string): void => {
    const known = components.get(component['bom-ref']) ?? component;
    components.set(component['bom-ref'], known);
    if (!known.properties.some(({ value }) => value === place)) {
      known.properties.push({ name: 'io.gocli.location', value: place });
    }
  };
  for (const { tree, packages, programs } of inventories) {
    packages.forEach((item) => {
      add(debianComponent(item), `${tree}:/var/lib/dpkg/status`);
    });
    programs.forEach((program) => {
      const place = `${tree}:${program.file}`;
      goComponents(program).forEach((item) => {
        add(item, place);
      });
    });
  }
  const sorted = [...components.values()].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1));
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'container', 'bom-ref': name, name, version } },
    components: sorted,
  };
  return `${JSON.stringify(document, undefined, 1)}\n`;
}

function debianComponent({ name, version, architecture }: DebianPackage): Component {
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=debian-13`;
  return { type: 'library', 'bom-ref': purl, name, version, purl, properties: [] };
}

/** The Go toolchain's standard library is part of every program, so it is listed like a module, as `stdlib`. */
function goComponents({ goVersion, modules }: GoProgram): Component[] {
  return [{ path: 'stdlib', version: goVersion.replace(/^go/, '') }, ...modules].map((module) => {
    const { path, version } = module;
    const purl = `pkg:golang/${path}@${encodeURIComponent(version)}`;
    const sum = 'sum' in module ? [{ name: 'go.sum', value: module.sum }] : [];
    return { type: 'library', 'bom-ref': purl, name: path, version, purl, properties: sum };
  });
}
