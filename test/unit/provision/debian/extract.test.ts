import test from 'ava';
import { extractArgv, parseDebNames } from '../../../../gocli-ts/src/provision/debian/extract.ts';

test('names and versions of package files, an epoch among them', (t) => {
  const text = `/r/var/cache/apt/archives/busybox-static_1%3a1.37.0-6+b9_amd64.deb
/r/var/cache/apt/archives/libc6_2.41-12_amd64.deb
/r/var/cache/apt/archives/netbase_6.5_all.deb
`;
  t.deepEqual(
    [...parseDebNames(text)],
    [
      ['busybox-static', '1:1.37.0-6+b9'],
      ['libc6', '2.41-12'],
      ['netbase', '6.5'],
    ],
  );
});

test('paths are quoted where a shell reads them', (t) => {
  const argv = extractArgv({
    packages: ['a', 'b'],
    tar: '/s p/x.tar',
    names: "/s p/it's",
    preferences: '/s p/pref',
    sources: ['deb x'],
  });
  t.true(argv.includes('--include=a,b'));
  t.true(argv.includes(`--setup-hook=cp '/s p/pref' "$1/etc/apt/preferences.d/pins.pref"`));
  t.true(argv.some((word) => word.endsWith(`> '/s p/it'\\''s'`)));
  t.deepEqual(argv.slice(-2), ['/s p/x.tar', 'deb x']);
});
