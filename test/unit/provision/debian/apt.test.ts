import test from 'ava';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { parseUris } from '../../../../gocli-ts/src/provision/debian/apt.ts';
import { parseMirrors, sourceLines } from '../../../../gocli-ts/src/provision/debian/sources.ts';

const hash = 'ab'.repeat(32);

test('apt names each package with version and SHA-256; an epoch is written with %3a', (t) => {
  const output = [
    `'https://m.example/pool/main/o/openssh/openssh-client_10.0p1-7_amd64.deb' openssh-client_1%3a10.0p1-7+deb13u4_amd64.deb 983 SHA256:${hash}`,
    `'https://m.example/pool/main/s/systemd/libudev1_257.7-1_amd64.deb' libudev1_257.7-1_amd64.deb 153 SHA256:${hash}`,
    '',
  ].join('\n');
  t.deepEqual(parseUris(output), [
    { name: 'openssh-client', version: '1:10.0p1-7+deb13u4', sha256: hash },
    { name: 'libudev1', version: '257.7-1', sha256: hash },
  ]);
});

test('a package without a SHA-256 is refused', (t) => {
  const line =
    "'https://m.example/a_1_amd64.deb' a_1_amd64.deb 983 MD5Sum:8c82dcf89447f04e600379a1a1871f3b\n";
  t.true(
    isCode(
      t.throws(() => parseUris(line)),
      'DOWNLOAD',
    ),
  );
});

const bookworm = [
  'Debian|Debian|main|bookworm|http://mirror.example/debian/',
  'Debian|Debian|main|bookworm-updates|http://mirror.example/debian/',
  'Debian|Debian-Security|main|bookworm-security|http://mirror.example/debian-security/',
  'Debian Backports|Debian Backports|main|bookworm-backports|http://other.example/debian/',
  'Docker|Docker CE|stable|bookworm|https://docker.example/linux/debian/',
].join('\n');

test("the mirrors are those of Debian's own archives that the host's apt uses", (t) => {
  t.deepEqual(parseMirrors(bookworm), {
    main: 'http://mirror.example/debian',
    security: 'http://mirror.example/debian-security',
  });
});

test('before the first apt-get update the name of the release decides', (t) => {
  const fresh =
    '||main|trixie|http://a.example/debian/\n||main|trixie-security|http://b.example/debian-security/\n';
  t.deepEqual(parseMirrors(fresh), {
    main: 'http://a.example/debian',
    security: 'http://b.example/debian-security',
  });
});

test("a host without a Debian source uses Debian's own, one with a mirror only that", (t) => {
  t.is(
    parseMirrors('Ubuntu|Ubuntu|main|noble|http://u.example/ubuntu/').main,
    'https://deb.debian.org/debian',
  );
  t.is(parseMirrors('Debian|Debian|main|trixie|http://a.example/debian').security, undefined);
});

test('the sources are of trixie whatever the host is, and signed by the archive key', (t) => {
  const lines = sourceLines(parseMirrors(bookworm));
  t.deepEqual(
    lines.map((line) => line.replace(/^deb \[signed-by=\S+debian-archive-keyring\.gpg\] /, '')),
    [
      'http://mirror.example/debian trixie main',
      'http://mirror.example/debian trixie-updates main',
      'http://mirror.example/debian-security trixie-security main',
    ],
  );
});
