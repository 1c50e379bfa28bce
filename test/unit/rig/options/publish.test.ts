import test from 'ava';
import fc from 'fast-check';
import { readRunOptions } from '../../../../gocli-ts/src/api/options.ts';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { portsOf } from '../../../../gocli-ts/src/rig/host-ports.ts';
import { planDifferences, planRig } from '../../../../gocli-ts/src/rig/make-plan.ts';
import { publish } from '../../../../gocli-ts/src/rig/options/publish.ts';
import type { RigPlan } from '../../../../gocli-ts/src/rig/plan.ts';
import { portInfosOf } from '../../../../gocli-ts/src/rig/published-ports.ts';
import { templateKey } from '../../../../gocli-ts/src/rig/template/key.ts';
import { FakeDocker } from '../../../fakes/docker.ts';
import { addProvider, VM_FACTS } from '../../../helpers/engine.ts';
import { tinyKind } from '../../../kinds/tiny.ts';

const image = addProvider(new FakeDocker(), VM_FACTS);
const KINDS = [tinyKind];

function planOf(written: readonly (string | number)[] | undefined, nodes = 2): RigPlan {
  const values = { name: 'c', ...readRunOptions({ publish: written, nodes }, {}, false) };
  return planRig({ image, reference: 'x', values }, KINDS);
}

test('it is written as for docker, with the node as for k3d', (t) => {
  const read = (text: string | number) => publish.read(text, '--publish');
  t.deepEqual(read('8080:80@node02'), [{ node: 2, port: 80, protocol: 'tcp', hostPort: 8080 }]);
  t.deepEqual(read('8080:80'), [{ node: 1, port: 80, protocol: 'tcp', hostPort: 8080 }]);
  t.deepEqual(read(80), [{ node: 1, port: 80, protocol: 'tcp' }]);
  t.deepEqual(read(':80@node1'), [{ node: 1, port: 80, protocol: 'tcp' }]);
  t.deepEqual(read('5353:53/udp@node12'), [{ node: 12, port: 53, protocol: 'udp', hostPort: 5353 }]);
  t.deepEqual(read('127.0.0.1:8080:80/tcp'), [{ node: 1, port: 80, protocol: 'tcp', hostPort: 8080 }]);
  t.deepEqual(read('localhost::80'), [{ node: 1, port: 80, protocol: 'tcp' }]);
  t.is(read('1:1,2:2@node02').length, 2);
});

test('of several all that are wrong are told', (t) => {
  const error = t.throws<GocliError>(() => publish.read(['0:1', 'x,80'], '--publish'), {
    instanceOf: GocliError,
  });
  t.regex(error.observed ?? '', /^--publish: "0:1" is out of range .*\n--publish: "x" names no port/);
});

test('what it cannot be is refused with the form', (t) => {
  for (const [text, message] of [
    ['0.0.0.0:8080:80', /another address/],
    ['8080:80@agent:0', /names no port/],
    ['8080:80@node00', /names no node/],
    ['8080:80:90', /another address|names no port/],
    ['8080:0', /out of range/],
    ['0:80', /out of range/],
    ['80000:80', /out of range/],
    ['http', /names no port/],
    ['', /names no port/],
    ['80/sctp', /names no port/],
  ] as const)
    t.throws(() => publish.read(text, '--publish'), { code: 'BAD_VALUE', message }, text);
  t.throws(() => planOf(['8080:80@node03']), {
    code: 'BAD_VALUE',
    message: '--publish: there is no node03 in a plan of 2 nodes',
  });
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        publish.read(text, '--publish');
      } catch (error) {
        t.true(error instanceof GocliError);
      }
    }),
  );
});

test('one host port for two is refused, with all else that is wrong', (t) => {
  for (const [written, more, message] of [
    [
      ['8080:80', '8080:81@node02'],
      {},
      /^host port 8080\/tcp is asked for 2 times: --publish PORT:80@node01, --publish PORT:81@node02$/,
    ],
    [['8080:80', '8080:80'], {}, /8080\/tcp is asked for 2 times/],
    [['8080:80'], { httpPort: 8080 }, /: --http-port PORT, --publish PORT:80@node01$/],
    [
      undefined,
      { httpPort: 8080, vncPort: 8080 },
      /--http-port PORT.*--vnc-port PORT|--vnc-port PORT.*--http-port PORT/,
    ],
  ] as const) {
    const values = { name: 'c', ...readRunOptions({ publish: written, nodes: 2, ...more }, {}, false) };
    t.throws(() => planRig({ image, reference: 'x', values }, KINDS), { code: 'BAD_VALUE', message });
  }
  t.notThrows(() => planOf(['8080:80', '8080:80/udp', '80', '80']));
  const error = t.throws<GocliError>(() => planOf(['8080:80', '8080:81@node03']), { instanceOf: GocliError });
  t.regex(error.observed ?? '', /no node03[^\n]*\n.*8080\/tcp/);
});

test('it is of the host alone: no template has it', (t) => {
  const plan = planOf(['8080:80@node02', '81']);
  t.is(templateKey(plan, KINDS), templateKey(planOf(undefined), KINDS));
  t.deepEqual(plan.host.pinnedPorts, { '40001/tcp': 8080 });
  t.false('published' in planOf(undefined).host);
});

test('it has a name, a flag, and a port of the network container that no other has', (t) => {
  const plan = planOf(['8080:80@node02', '80@node02', '80/udp']);
  t.deepEqual(
    portInfosOf(plan, KINDS)
      .slice(tinyKind.ports.length)
      .map(({ name, nodePort, node }) => [name, nodePort, node]),
    [
      ['node02:80', 80, 2],
      ['node02:80', 80, 2],
      ['node01:80/udp', 80, 1],
    ],
  );
  const all = portsOf(plan, KINDS);
  t.is(new Set(all.map(({ key }) => key)).size, all.length);
  t.is(all.find(({ key }) => key === '40001/tcp')?.pin, '--publish PORT:80@node02');
  t.is(all.find(({ key }) => key === '80/tcp')?.pin, '--http-port PORT');
});

test('another list is a difference, none is not', (t) => {
  const running = planOf(['8080:80@node02']);
  t.deepEqual(planDifferences(running, planOf(['8080:80@node02']), tinyKind), []);
  t.deepEqual(planDifferences(running, planOf(undefined), tinyKind), []);
  const differences = planDifferences(running, planOf(['9090:80']), tinyKind);
  t.is(differences.length, 1);
  t.regex(differences[0] ?? '', /^published ports: .*8080.* runs, .*9090.* is asked for$/);
});
