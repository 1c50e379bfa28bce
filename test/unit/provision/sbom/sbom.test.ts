import test from 'ava';
import { renderSbom } from '../../../../gocli-ts/src/provision/sbom/cyclonedx.ts';
import { parseDpkgStatus } from '../../../../gocli-ts/src/provision/sbom/dpkg.ts';
import { parseBuildInfo } from '../../../../gocli-ts/src/provision/sbom/go.ts';
import { componentVersions } from '../../../../gocli-ts/src/provision/sbom/versions.ts';

const STATUS = `Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc
Version: 2.41-12+deb13u4
Description: GNU C Library
 Version: 9 is not a field here

Package: removed
Status: deinstall ok config-files
Architecture: all
Version: 1

Package: openssh-server
Status: install ok installed
Architecture: amd64
Version: 1:10.0p1-7
`;

const BUILD_INFO = JSON.stringify({
  GoVersion: 'go1.26.8',
  Path: 'go.etcd.io/etcd/server/v3',
  Main: { Path: 'gocli/components/etcd', Version: '(devel)' },
  Deps: [
    { Path: 'go.etcd.io/etcd/server/v3', Version: 'v3.6.8', Sum: 'h1:aaa=' },
    { Path: 'old.example/mod', Version: 'v1.0.0', Replace: { Path: 'new.example/mod', Version: 'v1.0.1' } },
  ],
});

test('installed packages are read from dpkg status, removed ones are not', (t) => {
  t.deepEqual(parseDpkgStatus(STATUS), [
    { name: 'libc6', version: '2.41-12+deb13u4', architecture: 'amd64' },
    { name: 'openssh-server', version: '1:10.0p1-7', architecture: 'amd64' },
  ]);
});

test('a replaced module counts as what it was replaced by', (t) => {
  t.deepEqual(parseBuildInfo(BUILD_INFO, '/usr/local/bin/etcd')?.modules, [
    { path: 'gocli/components/etcd', version: '(devel)' },
    { path: 'go.etcd.io/etcd/server/v3', version: 'v3.6.8', sum: 'h1:aaa=' },
    { path: 'new.example/mod', version: 'v1.0.1' },
  ]);
  t.is(parseBuildInfo('', '/bin/sh'), undefined);
});

test('a program that was built outside of a module has no modules', (t) => {
  const json = JSON.stringify({
    GoVersion: 'go1.24.4',
    Path: 'command-line-arguments',
    Main: {},
    Deps: null,
  });
  t.deepEqual(parseBuildInfo(json, '/usr/bin/docker-registry')?.modules, []);
});

function inventory(file: string) {
  const program = parseBuildInfo(BUILD_INFO, file);
  return {
    tree: 'guest',
    packages: parseDpkgStatus(STATUS),
    programs: program === undefined ? [] : [program],
  };
}

test('the bill of materials is CycloneDX 1.6 with each component once, and the places where it is', (t) => {
  const text = renderSbom('gocli/k8s-1.36', 'abc', [inventory('/a/etcd'), inventory('/b/etcd')]);
  const bom = JSON.parse(text) as {
    specVersion: string;
    components: { purl: string; properties: { value: string }[] }[];
  };
  t.is(bom.specVersion, '1.6');
  t.deepEqual(
    bom.components.map(({ purl }) => purl),
    [
      'pkg:deb/debian/libc6@2.41-12%2Bdeb13u4?arch=amd64&distro=debian-13',
      'pkg:deb/debian/openssh-server@1%3A10.0p1-7?arch=amd64&distro=debian-13',
      'pkg:golang/go.etcd.io/etcd/server/v3@v3.6.8',
      'pkg:golang/gocli/components/etcd@(devel)',
      'pkg:golang/new.example/mod@v1.0.1',
      'pkg:golang/stdlib@1.26.8',
    ],
  );
  t.deepEqual(
    bom.components[2]?.properties.map(({ value }) => value),
    ['h1:aaa=', 'guest:/a/etcd', 'guest:/b/etcd'],
  );
  t.is(text, renderSbom('gocli/k8s-1.36', 'abc', [inventory('/a/etcd'), inventory('/b/etcd')]));
});

test('versions are those of the module that holds the main package', (t) => {
  const packages = [{ name: 'qemu-system-x86', version: '1:10.0.13', architecture: 'amd64' }];
  t.deepEqual(
    componentVersions([inventory('/usr/local/bin/etcd'), { tree: 'runner', packages, programs: [] }]),
    {
      etcd: 'v3.6.8',
      qemu: '1:10.0.13',
    },
  );
});
