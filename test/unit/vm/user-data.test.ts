import test from 'ava';
import { findingLine } from '../../../gocli-ts/src/provider/finding.ts';
import { inspectUserData, schemaFindings } from '../../../gocli-ts/src/vm/user-data.ts';

const SCHEMA = {
  properties: { package_update: { type: 'boolean' }, packages: { type: 'array', items: { type: 'string' } } },
  additionalProperties: false,
};
const said = (text: string): string[] => schemaFindings(text, 'u', SCHEMA).map(findingLine);

test('it has to say that it is for cloud-init, and to be YAML', (t) => {
  t.deepEqual(inspectUserData('#cloud-config\npackages: [vim]\n', 'u'), []);
  t.deepEqual(inspectUserData('packages: [vim]\n', 'u').map(findingLine), [
    'u:1:1: the first line has to be "#cloud-config"',
  ]);
  t.is(inspectUserData('#cloud-config\npackages: [vim\n', 'u').length, 1);
});

test('the schema tells of all faults, each at its line and column', (t) => {
  t.deepEqual(said('#cloud-config\n'), []);
  t.deepEqual(said('#cloud-config\npackages: [!!binary dmlt]\n'), []);
  t.deepEqual(said('#cloud-config\npackage_update: yes\npackages: [vim]\n'), [], 'as PyYAML reads it');
  t.deepEqual(said('#cloud-config\npackages:\n  - vim\n  - 3\npackage: [x]\n'), [
    'u:4:5: "packages.1": it has to be a text',
    'u:5:1: there is no key "package" here. Did you mean "packages"?',
  ]);
});
