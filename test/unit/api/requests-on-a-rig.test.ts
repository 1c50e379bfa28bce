import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { checkRequest } from '../../../gocli-ts/src/api/check-request.ts';
import type { Context } from '../../../gocli-ts/src/api/context.ts';
import * as consoles from '../../../gocli-ts/src/api/console.ts';
import { gc } from '../../../gocli-ts/src/api/gc.ts';
import * as kubeconfig from '../../../gocli-ts/src/api/kubeconfig.ts';
import { kubectl } from '../../../gocli-ts/src/api/kubectl.ts';
import * as logs from '../../../gocli-ts/src/api/logs.ts';
import { pause } from '../../../gocli-ts/src/api/pause.ts';
import { ports } from '../../../gocli-ts/src/api/ports.ts';
import { SHAPES, type Requests } from '../../../gocli-ts/src/api/requests.ts';
import { resume } from '../../../gocli-ts/src/api/resume.ts';
import { rm } from '../../../gocli-ts/src/api/rm.ts';
import { plan } from '../../../gocli-ts/src/api/run.ts';
import { scp } from '../../../gocli-ts/src/api/scp.ts';
import * as snapshots from '../../../gocli-ts/src/api/snapshot.ts';
import * as ssh from '../../../gocli-ts/src/api/ssh.ts';
import { start } from '../../../gocli-ts/src/api/start.ts';
import { status } from '../../../gocli-ts/src/api/status.ts';
import * as templates from '../../../gocli-ts/src/api/template.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { writeSecret, writeState } from '../../../gocli-ts/src/rig/state.ts';
import { FakeHost } from '../../fakes/host.ts';
import { addProvider, makeEngine, clusterState, VM_FACTS } from '../../helpers/engine.ts';

/** An operation whose request was checked. */
type Checked = (request: unknown, context: Context) => Promise<unknown>;

function checked<N extends keyof Requests>(
  name: N,
  work: (request: Requests[N], context: Context) => Promise<unknown>,
): [N, Checked] {
  return [name, async (request, context) => work(checkRequest(name, request), context)];
}

const OPERATIONS: readonly [keyof Requests, Checked][] = [
  checked('run', plan),
  checked('rig', status),
  checked('rig', ports),
  checked('rig', kubectl),
  checked('rig', kubeconfig.show),
  checked('merge', kubeconfig.merge),
  checked('console', consoles.log),
  checked('console', consoles.attach),
  checked('tail', logs.tail),
  checked('exportLogs', logs.exportTo),
  checked('ssh', ssh.connect),
  checked('exec', ssh.exec),
  checked('scp', scp),
  checked('eachRig', pause),
  checked('eachRig', resume),
  checked('start', start),
  checked('rm', rm),
  checked('rig', snapshots.ls),
  checked('snapshot', snapshots.create),
  checked('snapshot', snapshots.show),
  checked('restore', snapshots.restore),
  checked('snapshot', snapshots.rm),
  checked('showTemplate', templates.show),
  checked('templates', templates.verify),
  checked('templates', templates.rm),
  checked('gc', gc),
];

/** No absolute path but one that cannot be made: some of these operations write where they are told to. */
const text = fc.oneof(
  fc.constantFrom(
    'c',
    'vm-1',
    'node01',
    'node1',
    '4G',
    '..',
    '',
    'out',
    'out/\n',
    '/dev/null/x',
    '-x',
    'upload',
  ),
  fc.string({ maxLength: 8 }).map((word) => word.replace(/^\/+/, '')),
);
const value = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 2, arbitrary: fc.constantFrom(true, false, 0, 1, -1, 1.5, 1e300) },
  {
    weight: 2,
    arbitrary: fc.array(
      fc.record({
        direction: fc.constantFrom('upload', 'download'),
        node: fc.constantFrom('node01', 'x'),
        local: text,
        remote: text,
      }),
      { maxLength: 2 },
    ),
  },
  { weight: 1, arbitrary: fc.array(text, { maxLength: 2 }) },
);

test('what passes the check gives a result or an error of the library on a rig that is there', async (t) => {
  const engine = await makeEngine(t);
  addProvider(engine.docker, VM_FACTS);
  const cwd = join(engine.paths.state, '..', 'here');
  await mkdir(cwd);
  const env = { HOME: cwd };
  const context = { ...engine, host: new FakeHost(), env, cwd, checkout: cwd };
  for (const [name, work] of OPERATIONS) {
    const keys = Object.keys(SHAPES[name]);
    const request = fc.record(Object.fromEntries(keys.map((key) => [key, value])), { requiredKeys: [] });
    const property = fc.asyncProperty(request, async (asked) => {
      await writeState(engine.paths, clusterState());
      await writeSecret(engine.paths, 'c', 'id_ed25519', 'key');
      await work(asked, context).catch((error: unknown) => {
        if (!(error instanceof GocliError)) throw error;
      });
    });
    await t.notThrowsAsync(fc.assert(property, { numRuns: 15 }), name);
  }
});
