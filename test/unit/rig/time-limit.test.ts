import test from 'ava';
import { hostNamed } from '../../../gocli-ts/src/rig/identity.ts';
import { overSince } from '../../../gocli-ts/src/rig/time-limit.ts';
import { stateOf } from '../../helpers/engine.ts';

const LATER = Date.parse('2031-01-01T00:00:00.000Z');
const until = '2030-06-01T00:00:00.000Z';

test('one that is stopped was put away to be kept, whatever its time is', (t) => {
  const rig = { id: 'c', name: 'c', containers: [] };
  t.is(overSince({ ...rig, state: stateOf({ until }) }, LATER), Date.parse(until));
  t.is(overSince({ ...rig, state: stateOf({ until, paused: true }) }, LATER), Date.parse(until));
  t.is(overSince({ ...rig, state: stateOf({ until, stopped: true }) }, LATER), undefined);
});

test('another name keeps all else that the plan says of the host', (t) => {
  const { host } = stateOf().plan;
  const more = {
    ...host,
    ttlMs: 5,
    ttlEvidence: true as const,
    userData: 'a',
    published: [],
    later: 'an option of another day',
  };
  const named = hostNamed(more, { id: 'first', name: 'now' });
  t.deepEqual(named as object, { ...more, id: 'first', name: 'now' });
  t.false('id' in hostNamed(named, { id: 'now', name: 'now' }));
});
