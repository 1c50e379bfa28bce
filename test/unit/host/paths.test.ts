import { userInfo } from 'node:os';
import test from 'ava';
import { pathFrom, userPaths } from '../../../gocli-ts/src/host/paths.ts';

test('folders are those of the XDG variables, else in the home folder', (t) => {
  const own = userPaths({ HOME: '/h', XDG_STATE_HOME: '/s', XDG_CACHE_HOME: '/c' });
  t.deepEqual([own.state, own.cache], ['/s/gocli', '/c/gocli']);
  const home = userPaths({ HOME: '/h', XDG_STATE_HOME: '' });
  t.deepEqual([home.state, home.cache], ['/h/.local/state/gocli', '/h/.cache/gocli']);
});

test('without HOME the home folder is that of the user', (t) => {
  for (const env of [{}, { HOME: '' }]) t.is(userPaths(env).cache, `${userInfo().homedir}/.cache/gocli`);
});

test('what is no absolute path is refused when it is needed, by its name', (t) => {
  const paths = userPaths({ HOME: 'me', XDG_CACHE_HOME: './cache' });
  t.throws(() => paths.state, { code: 'BAD_VALUE', message: 'HOME: "me" is no absolute path' });
  t.throws(() => paths.cache, { code: 'BAD_VALUE', message: /^XDG_CACHE_HOME: "\.\/cache"/ });
});

test('a path is meant from a folder, as it is written, unless it is absolute', (t) => {
  t.is(pathFrom('/here', 'a/../b/.'), '/here/a/../b/.');
  for (const folder of ['/here', '']) t.is(pathFrom(folder, '/there/.'), '/there/.');
  t.throws(() => pathFrom('', 'a'), { code: 'FILE' });
  t.throws(() => pathFrom('/here', ''), { code: 'BAD_VALUE' }, 'not the folder that one is in');
});
