import test from 'ava';
import { ERRORS, EXIT } from '../../../gocli-ts/src/errors/codes.ts';
import { GocliError, isCode, messageOf } from '../../../gocli-ts/src/errors/error.ts';

test('every kind of error has an id of its own, an exit code above 0 and a help text', (t) => {
  const kinds = Object.values(ERRORS);
  t.is(new Set(kinds.map(({ id }) => id)).size, kinds.length);
  for (const { id, exit, title, help } of kinds) {
    t.regex(id, /^GOCLI-E\d{3}$/);
    t.true(exit > 0 && exit <= 255, id);
    t.true(title.length > 0 && help.length > 0, id);
  }
});

test('an error takes id and exit code from its kind; another exit code wins', (t) => {
  const error = new GocliError('NOT_FOUND', 'no cluster', { hint: 'gocli ls', observed: 'nothing' });
  t.like(error, { id: 'GOCLI-E300', exitCode: EXIT.notFound, hint: 'gocli ls', observed: 'nothing' });
  t.is(new GocliError('INTERRUPTED', 'stopped', { exitCode: 143 }).exitCode, 143);
});

test('a cause is kept; without one there is no such property', (t) => {
  const cause = new Error('below');
  t.is(new GocliError('DOCKER', 'above', { cause }).cause, cause);
  t.false('cause' in new GocliError('DOCKER', 'above'));
});

test('isCode tells kinds apart and takes anything that was thrown', (t) => {
  t.true(isCode(new GocliError('TIMEOUT', 'late'), 'TIMEOUT'));
  t.false(isCode(new GocliError('TIMEOUT', 'late'), 'DOCKER'));
  t.false(isCode(new Error('TIMEOUT'), 'TIMEOUT'));
  t.false(isCode(undefined, 'TIMEOUT'));
});

test('messageOf takes anything that was thrown', (t) => {
  t.is(messageOf(new Error('x')), 'x');
  t.is(messageOf('y'), 'y');
  t.is(messageOf(undefined), 'undefined');
});
