import test from 'ava';
import { acceleratorOf, requireThawed, stepsOf } from '../../bench/started.ts';

const step = { id: 'thaw', title: 'Thawing', seconds: 1 };
const said = (thawed: boolean): string =>
  JSON.stringify({
    name: 'c',
    thawed,
    accelerator: 'kvm',
    acceleratorReason: '/dev/kvm works',
    timings: [step, { ...step, detail: true }],
  });

test('a start that fell back to a cold one does not count as a thaw', (t) => {
  t.notThrows(() => {
    requireThawed(said(true));
  });
  t.throws(
    () => {
      requireThawed(said(false));
    },
    { code: 'CONFLICT', message: /^cluster c was not thawed/ },
  );
});

test('accelerator and steps are what the start says', (t) => {
  t.is(acceleratorOf(said(true)), 'kvm (/dev/kvm works)');
  t.deepEqual(stepsOf(said(true)), [step]);
});
