import { existsSync } from 'node:fs';
import { GocliError } from '../../errors/error.ts';
import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';
import { writeResult } from '../render/output.ts';
import { withoutScpHabits } from '../ssh-habits.ts';

export const scpCommand = defineCommand({
  usage: 'scp <paths..>',
  summary: 'Copy files and folders between a node and this machine',
  positionals: {
    paths: {
      type: 'string',
      array: true,
      demandOption: true,
      describe:
        'Sources, and a target: node01:/path, or a path here. Without any node the source is on node01. - is stdout',
    },
  },
  options: {
    ...nameOption,
    // kubevirtci's: all nodes are reached alike.
    'container-name': { type: 'string', hidden: true, requiresArg: true },
    'ssh-user': { type: 'string', hidden: true, requiresArg: true },
    // What scp's `-o User=` is.
    user: { type: 'string', hidden: true, requiresArg: true },
    r: { type: 'boolean', describe: 'As in scp; folders are copied with all that is in them anyway' },
  },
  withoutHabits: (words) => withoutScpHabits(words, existsSync),
  examples: [
    ['gocli scp ./app node01:/opt/', 'copy a folder to a node'],
    ['gocli scp one two node01:/opt/', 'copy several files into a folder'],
    ["gocli scp 'node01:/var/log/*.log' logs/", 'a pattern is for the node when this shell leaves it alone'],
    ['gocli scp /etc/kubernetes/admin.conf -', 'print a file of node01'],
  ],
  run: async ({ name, paths, user: asked, 'ssh-user': sshUser }, session) => {
    const { parseCopies } = await import('../copy-arguments.ts');
    const { scp } = await import('../../api/scp.ts');
    const { rawWords } = await import('../raw-words.ts');
    const requests = parseCopies(rawWords(paths));
    // What has to be a folder: `dir/.` is nothing else. Paths are not normalised, since that form has a meaning.
    if ((session.output ?? 'table') !== 'table' && requests.some(({ local }) => local === '-')) {
      throw new GocliError('USAGE', '- and --output: the file and the result cannot both be on stdout', {
        hint: 'Leave --output out, or name a file.',
      });
    }
    const folder = requests.length > 1 ? '/.' : '';
    const copies = requests.map(({ direction, node, remote, local, user = asked }) =>
      direction === 'upload'
        ? { direction, node, user, remote: `${remote}${folder}`, local }
        : { direction, node, user, remote, local: local === '-' ? session.stdout : `${local}${folder}` },
    );
    await scp({ name, copies, sshUser }, session);
    const names = requests.map(({ direction, node, remote, local }) =>
      direction === 'upload' ? `${node}:${remote}` : local,
    );
    writeResult(session, { data: { copies: requests }, names, text: '' });
    return 0;
  },
});
