export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

/** Installed packages of a dpkg status file (deb822 stanzas; `Status: install ok installed`). */
export function parseDpkgStatus(text: string): DebianPackage[] {
  return text
    .split(/\n{2,}/)
    .map(
      (stanza) =>
        new Map(
          [...stanza.matchAll(/^([A-Za-z-]+): (.*)$/gm)].map(([, key = '', value = '']) => [key, value]),
        ),
    )
    .filter((fields) => fields.get('Status')?.endsWith(' installed') === true)
    .map((fields) => ({
      name: fields.get('Package') ?? '',
      version: fields.get('Version') ?? '',
      architecture: fields.get('Architecture') ?? '',
    }))
    .filter(({ name, version }) => name !== '' && version !== '');
}
