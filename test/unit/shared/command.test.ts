import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { gocliCommand } from '../../../gocli-ts/src/shared/command.ts';
import { CHECKOUT } from '../../helpers/cli.ts';

test('a command names its rig where that is known', (t) => {
  t.is(gocliCommand('ssh', 'two', 'node01'), 'gocli ssh --name two node01');
  t.is(gocliCommand('snapshot rm', undefined, 'clean'), 'gocli snapshot rm clean');
});

test('no hint of the engine spells out a command about one rig', (t) => {
  const verbs =
    'rm|stop|start|pause|resume|status|ssh|scp|kubectl|kubeconfig|ports|console|logs|snapshot (create|rm|restore)';
  // Upper case is a placeholder: what is said there is of any rig.
  const spelled = new RegExp(`[\\w:(,] gocli (${verbs})(?! (?:NODE|--help))[^A-Z]`);
  const root = join(CHECKOUT, 'gocli-ts', 'src');
  for (const room of ['api', 'rig', 'kubernetes', 'frozen', 'ssh', 'provision']) {
    for (const file of readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const lines = readFileSync(join(root, room, file), 'utf8').split('\n');
      const found = lines.filter((line) => !/^\s*(\/?\*|\/\/)/.test(line) && spelled.test(line));
      t.deepEqual(found, [], join(room, file));
    }
  }
});
