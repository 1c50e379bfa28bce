import test from 'ava';
import fc from 'fast-check';
import { fullImageName, IMAGE_REFERENCE } from '../../../gocli-ts/src/shared/image-reference.ts';

const NAMES: Readonly<Record<string, string>> = {
  foo: 'docker.io/library/foo:latest',
  'foo:1': 'docker.io/library/foo:1',
  'team/foo:1': 'docker.io/team/foo:1',
  'a/b/c': 'docker.io/a/b/c:latest',
  'docker.io/foo:1': 'docker.io/library/foo:1',
  'index.docker.io/foo': 'docker.io/library/foo:latest',
  'docker.io/team/foo': 'docker.io/team/foo:latest',
  'localhost/foo:1': 'localhost/foo:1',
  'localhost:5000/foo': 'localhost:5000/foo:latest',
  'registry:5000/foo:1': 'registry:5000/foo:1',
  'registry.example/foo:v1.2_3-4': 'registry.example/foo:v1.2_3-4',
  'Upper/foo': 'Upper/foo:latest',
  '[::1]:5000/foo': '[::1]:5000/foo:latest',
  'team_x/foo': 'docker.io/team_x/foo:latest',
};

for (const [reference, name] of Object.entries(NAMES)) {
  test(`${reference} is ${name}, as docker and Kubernetes read it`, (t) => {
    t.is(fullImageName(reference), name);
    t.is(fullImageName(name), name, 'a full name is its own');
  });
}

const NONE = [
  '',
  'Foo',
  'foo:',
  ':1',
  'foo@sha256:' + 'a'.repeat(64),
  'a'.repeat(64),
  'foo:1 ',
  'foo\n',
  'foo:1\n',
  '../foo',
  '/foo',
  'foo//bar',
  'foo:1:2',
  `foo:${'a'.repeat(129)}`,
  'a'.repeat(256),
  '$(id)',
  '-foo',
];

for (const reference of NONE) {
  test(`${JSON.stringify(reference.slice(0, 20))} (${String(reference.length)}) is no name`, (t) => {
    t.is(fullImageName(reference), undefined);
  });
}

test('a full name is a reference that stays what it is, and has nothing that a shell or a filter reads', (t) => {
  const part = fc.stringMatching(/^[a-zA-Z0-9.:/_@[\]-]{0,20}$/);
  t.notThrows(() => {
    fc.assert(
      fc.property(
        fc.oneof(
          part,
          fc.string(),
          fc.tuple(part, part).map((two) => two.join('/')),
        ),
        (reference) => {
          const name = fullImageName(reference);
          return (
            name === undefined ||
            (IMAGE_REFERENCE.test(name) && fullImageName(name) === name && /^[\w.:/[\]-]+$/.test(name))
          );
        },
      ),
      { numRuns: 2000 },
    );
  });
});
