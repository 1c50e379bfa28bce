import test from 'ava';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { listTemplates } from '../../../../gocli-ts/src/frozen/templates.ts';
import { readState } from '../../../../gocli-ts/src/rig/state.ts';
import { notices, thawable, type Scripted } from '../scripted.ts';

const idsOf = async ({ engine }: Scripted): Promise<string[]> =>
  (await listTemplates(engine.docker)).map(({ id }) => id);

test('a template that fits is thawed', async (t) => {
  const made = await thawable(t);
  await made.start();
  t.is((await readState(made.engine.paths, 'c'))?.template, made.template);
  t.deepEqual(await idsOf(made), [made.template], notices(made.engine));
});

test('a thaw that fails for the moment costs no template, and the start goes on cold', async (t) => {
  const made = await thawable(t);
  // The daemon does not start the program that joins the machine's socket.
  made.engine.docker.failNext('containers.connect', new GocliError('DOCKER', 'too many open files'));
  await made.start();
  t.deepEqual(await idsOf(made), [made.template], notices(made.engine));
  t.regex(notices(made.engine), /could not be thawed and stays: too many open files.*template verify/);
  const state = await readState(made.engine.paths, 'c');
  t.truthy(state?.readyAt);
  t.is(state?.template, undefined, 'no second template is made');
});

test('a template whose state qemu refuses is removed, and another one made', async (t) => {
  const made = await thawable(t);
  made.machines.refusedOnce.add('node01 migrate-incoming');
  await made.start();
  t.regex(notices(made.engine), /could not be thawed and is removed: .*refused migrate-incoming/);
  const [id] = await idsOf(made);
  t.not(id, made.template);
  t.is((await readState(made.engine.paths, 'c'))?.template, id);
});

test('a template of a guest that rebooted is removed', async (t) => {
  const made = await thawable(t);
  made.machines.bootIds.set('node01', 'another');
  await made.start();
  t.regex(notices(made.engine), /is removed: node01 rebooted/);
  t.false((await idsOf(made)).includes(made.template));
});
