import test from 'ava';
import { tinyKind } from '../../../kinds/tiny.ts';
import { chooseTemplate } from '../../../../gocli-ts/src/rig/template/choose.ts';
import { templateKey } from '../../../../gocli-ts/src/rig/template/key.ts';
import type { RigPlan } from '../../../../gocli-ts/src/rig/plan.ts';
import type { Manifest } from '../../../../gocli-ts/src/frozen/manifest.ts';
import type { Template } from '../../../../gocli-ts/src/frozen/templates.ts';
import { stateOf } from '../../../helpers/engine.ts';
import { MADE, machineOf, manifestOf, placeOf } from '../../frozen/frozen.ts';

const { plan } = stateOf();

function templateOf(id: string, changed: Partial<Manifest> = {}): Template {
  const manifest = manifestOf({ id, about: { guest: plan.guest }, ...changed });
  return { id, key: manifest.key, volume: id, imageId: manifest.imageId, keeper: id, manifest };
}

const nodes = (count: number): RigPlan => ({ ...plan, guest: { ...plan.guest, nodes: count } });
const machines = (count: number) => ({
  machines: Array.from({ length: count }, (_, at) => machineOf(`node0${at + 1}`)),
});

const KINDS = [tinyKind];

test('without any template there is nothing to say', (t) => {
  t.deepEqual(chooseTemplate([], 'key', plan, placeOf()), { why: undefined });
});

test('of those that fit, the one with the fewest machines, and of these the newest', (t) => {
  const templates = [
    templateOf('three', machines(3)),
    templateOf('old', { ...machines(2), createdAt: MADE - 5 }),
    templateOf('new', machines(2)),
    templateOf('small'),
  ];
  t.is(chooseTemplate(templates, 'key', nodes(2), placeOf()).template?.id, 'new');
  t.is(chooseTemplate(templates, 'key', nodes(1), placeOf()).template?.id, 'small');
  t.is(chooseTemplate(templates, 'key', nodes(3), placeOf()).template?.id, 'three');
  t.deepEqual(chooseTemplate([templateOf('small')], 'key', nodes(2), placeOf()), {
    why: 'template small does not fit: it has only 1 of 2 nodes',
  });
});

test('why a template of this plan is not used', (t) => {
  const damaged = { ...templateOf('bad'), manifest: 'its manifest is damaged' };
  t.deepEqual(chooseTemplate([damaged], 'key', plan, placeOf()), {
    why: 'template bad does not fit: its manifest is damaged',
  });
  t.is(chooseTemplate([damaged, templateOf('good')], 'key', plan, placeOf()).template?.id, 'good');
  const late = chooseTemplate([templateOf('old')], 'key', plan, placeOf({ now: MADE - 1 }));
  t.regex(late.template === undefined ? (late.why ?? '') : '', /old does not fit: the clock/);
});

test('why a template of another plan or image of this provider is not used', (t) => {
  const other = { ...templateOf('other'), key: 'another' };
  const why = (asked: RigPlan, template = other): string | undefined => {
    const choice = chooseTemplate([template], 'key', asked, placeOf());
    return choice.template === undefined ? choice.why : undefined;
  };
  t.regex(why({ ...plan, guest: { ...plan.guest, memoryMiB: 999 } }) ?? '', /its memoryMiB is \d+, not 999/);
  const network = '10.5.0.0/24';
  const moved = {
    ...other,
    manifest: manifestOf({ id: 'other', about: { guest: { ...plan.guest, network } } }),
  };
  t.regex(why({ ...plan, guest: { ...plan.guest, network } }) ?? '', /its network is the usual one, not "10/);
  t.regex(why(plan, moved) ?? '', /its network is "10\.5\.0\.0\/24", not the usual one/);
  t.regex(why({ ...plan, host: { ...plan.host, imageId: 'sha256:9' } }) ?? '', /another image/);
  t.regex(why(plan) ?? '', /another version of gocli/);
  t.is(why({ ...plan, guest: { ...plan.guest, provider: 'k8s-9' } }), undefined);
});

test('the key depends on guest plan and image, not on the number of nodes, the name or the ports', (t) => {
  const key = templateKey(plan, KINDS);
  t.is(templateKey(nodes(3), KINDS), key);
  t.is(
    templateKey({ ...plan, host: { ...plan.host, name: 'x', pinnedPorts: { '80/tcp': 80 } } }, KINDS),
    key,
  );
  t.not(templateKey({ ...plan, guest: { ...plan.guest, cpus: 9 } }, KINDS), key);
  t.not(templateKey({ ...plan, guest: { ...plan.guest, kernelArgs: ['quiet'] } }, KINDS), key);
  t.not(templateKey({ ...plan, host: { ...plan.host, imageId: 'sha256:9' } }, KINDS), key);
});
