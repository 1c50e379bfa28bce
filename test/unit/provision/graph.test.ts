import test from 'ava';
import fc from 'fast-check';
import { isCode } from '../../../gocli-ts/src/errors/error.ts';
import { inOrder, withDependents, withNeeds } from '../../../gocli-ts/src/provision/graph.ts';
import { STEP_NAMES, type StepName } from '../../../gocli-ts/src/provision/step.ts';
import { fakeStep } from './_bench.ts';

/** Random graphs: each step needs some of those that stand before it in STEP_NAMES. */
const graphs = fc
  .tuple(...STEP_NAMES.map((_, index) => fc.subarray(STEP_NAMES.slice(0, index))))
  .chain((needs) =>
    fc.shuffledSubarray(
      STEP_NAMES.map((name, at) => fakeStep(name, [], { needs: needs[at] ?? [] })),
      { minLength: STEP_NAMES.length },
    ),
  );

test('whatever the graph, each step comes after what it needs', (t) => {
  fc.assert(
    fc.property(graphs, (steps) => {
      const ordered = inOrder(steps);
      t.is(ordered.length, steps.length);
      ordered.forEach(({ needs }, at) => {
        const before = ordered.slice(0, at).map(({ name }) => name);
        t.true(needs.every((need) => before.includes(need)));
      });
    }),
  );
});

test('a selection is closed under needs, a force under dependents', (t) => {
  fc.assert(
    fc.property(graphs, fc.constantFrom(...STEP_NAMES), (steps, name: StepName) => {
      const chosen = withNeeds(steps, [name]).map((step) => step.name);
      t.true(
        steps
          .filter((step) => chosen.includes(step.name))
          .every(({ needs }) => needs.every((need) => chosen.includes(need))),
      );
      const forced = withDependents(steps, [name]);
      t.true(
        steps
          .filter(({ needs }) => needs.some((need) => forced.has(need)))
          .every((step) => forced.has(step.name)),
      );
    }),
  );
});

test('steps that wait for each other are a defect', (t) => {
  const steps = [fakeStep('vm', [], { needs: ['disk'] }), fakeStep('disk', [], { needs: ['vm'] })];
  t.true(
    isCode(
      t.throws(() => inOrder(steps)),
      'INTERNAL',
    ),
  );
});
