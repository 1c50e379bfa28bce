import test from 'ava';
import { runTrialPod } from '../../../gocli-ts/src/kubernetes/trial.ts';
import { up } from '../../../gocli-ts/src/rig/up.ts';
import { addProvider, makeEngine, requestFor, VM_FACTS } from '../../helpers/engine.ts';

test('the trial pod has to say that it started; what it said instead is in the error', async (t) => {
  const engine = await makeEngine(t);
  await up(requestFor(addProvider(engine.docker, VM_FACTS)), engine);
  engine.docker.onExec(([program]) =>
    program === '/image/kubectl' ? { stdout: 'started on trial\n' } : undefined,
  );
  await t.notThrowsAsync(runTrialPod('c', engine));
  engine.docker.onExec(([program]) =>
    program === '/image/kubectl' ? { exitCode: 1, stderr: 'no such image\n' } : undefined,
  );
  const error = await t.throwsAsync(runTrialPod('c', engine), { code: 'KUBERNETES' });
  t.like(error, { observed: 'no such image' });
  await t.throwsAsync(runTrialPod('other', engine), { code: 'NOT_FOUND' });
});
