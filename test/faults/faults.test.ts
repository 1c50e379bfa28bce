import test from 'ava';
import { CLUSTER_FAULTS, removeCluster, startCluster } from './cluster.ts';
import type { Extent } from './fault.ts';
import { FAULTS } from './faults.ts';
import { openGround, proveSame, type Ground } from './ground.ts';
import { Passed } from './passed.ts';

/** `short`: the form of make test. `all`: every case. Else every case that did not pass with this build yet. */
const asked = process.env['FAULTS'] ?? '';
const extent: Extent = asked === 'short' ? 'short' : 'all';
const passed = await Passed.open(asked === 'all' || asked === 'short');
const chosen = FAULTS.filter(({ id, short }) => (extent === 'short' ? short === true : !passed.has(id)));
const ofCluster = extent === 'short' ? [] : CLUSTER_FAULTS.filter(({ id }) => !passed.has(id));

let ground: Ground | undefined;

/** A daemon with a cluster, its template and a snapshot; a new one after a failure, which may have left anything. */
async function standing(): Promise<Ground> {
  ground ??= await openGround();
  return ground;
}

async function leave(): Promise<void> {
  const left = ground;
  ground = undefined;
  await left?.close();
}

test.after.always('the daemon ends', leave);

if (extent === 'all') {
  test.serial('what passed before is not repeated', (t) => {
    t.log(
      `${FAULTS.length + CLUSTER_FAULTS.length - chosen.length - ofCluster.length} cases passed with this build; begin anew: make faults FAULTS=all`,
    );
    t.pass();
  });
}

for (const fault of chosen) {
  const title = `${fault.id}: ${fault.broken}; ${fault.how}`;
  test.serial(title, async (t) => {
    let done = false;
    try {
      const own = await standing();
      const before = await own.census();
      await fault.run(t, own, extent);
      await proveSame(t, own, before);
      done = t.passed;
    } finally {
      if (!done) await leave();
    }
    if (done && extent === 'all') await passed.add(fault.id);
  });
}

test.after.always('the cluster is removed', async () => {
  if (ofCluster.length > 0) await removeCluster();
});

for (const fault of ofCluster) {
  test.serial(`${fault.id}: ${fault.broken}; ${fault.how}`, async (t) => {
    let done = false;
    try {
      await fault.run(t, await startCluster(t));
      done = t.passed;
    } finally {
      // What comes next wants one that is whole.
      if (!done) await removeCluster();
    }
    if (done) await passed.add(fault.id);
  });
}
