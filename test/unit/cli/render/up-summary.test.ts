import test from 'ava';
import { writeUpSummary } from '../../../../gocli-ts/src/cli/render/up-summary.ts';
import { makeConsole } from '../../../helpers/console.ts';
import { K8S_FACTS, stateOf } from '../../../helpers/engine.ts';
import { Captured } from '../../../helpers/captured.ts';

const { plan } = stateOf();
const STATE = stateOf({
  plan: { ...plan, guest: { ...plan.guest, kubernetes: K8S_FACTS['kubernetes'] } },
});

test('what to type next can be pasted: gocli as it is called here, and a path with a blank', async (t) => {
  const { engine, context } = await makeConsole(t, { GOCLI_COMMAND: 'cluster-up/cli.sh' });
  const stdout = new Captured();
  const paths = { ...engine.paths, state: '/home/a b' };
  const session = { ...context, kinds: engine.kinds, emit: engine.emit, output: undefined, run: 'run1' };
  writeUpSummary({ state: STATE, started: true, timings: [], seconds: 1 }, false, {
    ...session,
    stdout,
    paths,
  });
  t.regex(stdout.text, /^ {2}export KUBECONFIG='\/home\/a b\/clusters\/c\/kubeconfig'$/m);
  t.regex(stdout.text, /^ {2}cluster-up\/cli\.sh kubectl .*get pods -A$/m);
});
