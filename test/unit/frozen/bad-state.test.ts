import test from 'ava';
import type { ErrorCode } from '../../../gocli-ts/src/errors/codes.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { asBadState, BadState, provesBadState } from '../../../gocli-ts/src/frozen/bad-state.ts';

const died = (observed: string): GocliError =>
  new GocliError('GUEST_DIED', 'the machine of node01 ended with code 1', { observed });

const proofs: [what: string, error: unknown][] = [
  ['a checksum', died('/frozen/node01.state is missing or differs from its checksum')],
  ['size or holes', died("bytes, blocks of /frozen/node01.ram: '9 8' instead of '9 16'")],
  ['no memory file', died("stat: cannot statx '/frozen/node01.ram': No such file or directory")],
  ['qemu that ends on the state', died('qemu-system-x86_64: load of migration failed: Invalid argument')],
  ['keys', new GocliError('BAD_FILE', 'the keys of the template cannot be read')],
  ['a refusal', asBadState(new GocliError('REMOTE_COMMAND', 'qemu refused'), 'REMOTE_COMMAND')],
  ['a reboot', new BadState('GUEST_DIED', 'node01 rebooted instead of going on')],
];

for (const [what, error] of proofs) {
  test(`a template is wrong: ${what}`, (t) => {
    t.true(provesBadState(error));
  });
}

const codes: ErrorCode[] = [
  'TIMEOUT',
  'DOCKER',
  'DOCKER_UNREACHABLE',
  'PORT_TAKEN',
  'DISK_FULL',
  'CONFLICT',
  'NOT_FOUND',
  'REMOTE_COMMAND',
  'COMMAND',
  'KUBERNETES',
  'GUEST_DIED',
  'INTERRUPTED',
];
const moments: [what: string, error: unknown][] = [
  ...codes.map((code): [string, unknown] => [code, new GocliError(code, 'the moment')]),
  ['killed for memory', died('it left no output')],
  ['no memory to load it into', died('qemu: load of migration failed: Cannot allocate memory')],
  ['no tap', died('the network container did not make tap01')],
  ['a defect', new TypeError('x is undefined')],
  ['a code that was not meant', asBadState(new GocliError('DOCKER', 'no'), 'NOT_FOUND')],
];

for (const [what, error] of moments) {
  test(`a template is not to blame: ${what}`, (t) => {
    t.false(provesBadState(error));
  });
}
