import test from 'ava';
import { planRig } from '../../../../gocli-ts/src/rig/make-plan.ts';
import { nodeContainer } from '../../../../gocli-ts/src/rig/machines.ts';
import type { RigPlan } from '../../../../gocli-ts/src/rig/plan.ts';
import { deviceAccess } from '../../../../gocli-ts/src/machine/devices.ts';
import { FakeDocker } from '../../../fakes/docker.ts';
import { tinyKind } from '../../../kinds/tiny.ts';
import { addProvider, EMULATED, requestFor, VM_FACTS } from '../../../helpers/engine.ts';

const DISK = { ...VM_FACTS, disk: true, defaults: { ...VM_FACTS.defaults, diskMiB: 1024 } };

function planOf(diskSize: string | undefined, facts = DISK): RigPlan {
  return planRig(requestFor(addProvider(new FakeDocker(), facts), { diskSize }), [tinyKind]);
}

test('the overlay has the size, and the guest is told to grow into it', (t) => {
  const access = deviceAccess(0o020666, undefined);
  const layout = {
    ports: {},
    portInfos: [],
    networks: [],
    cpu: EMULATED,
    access,
    run: 'r',
    version: '1',
    sshPublicKey: '',
  };
  const containerOf = (diskSize: string | undefined) =>
    nodeContainer({ ...layout, plan: planOf(diskSize), accelerator: 'tcg' }, 1, 'net', { kind: 'boot' });
  const grown = containerOf('2G');
  t.true(grown.env?.includes('GOCLI_DISK_SIZE=2048M'));
  t.regex(grown.command?.join(' ') ?? '', / gocli\.grow /);
  const usual = containerOf(undefined);
  t.false(usual.env?.some((word) => word.startsWith('GOCLI_DISK_SIZE')));
  t.notRegex(usual.command?.join(' ') ?? '', /gocli\.grow/);
});

test('a disk is never smaller than the image has it, and an image without one is named', (t) => {
  for (const size of ['1023M', '17T'])
    t.throws(() => planOf(size), { code: 'BAD_VALUE', message: /^--disk-size: \d+M is out of range/ });
  t.is(planOf('1024M').guest.diskMiB, 1024);
  t.throws(() => planOf('2G', { ...DISK, disk: false }), { message: /^--disk-size: the image of vm-1/ });
  t.throws(() => planOf('2 G'), { message: /^--disk-size: "2 G" is not a size/ });
});
