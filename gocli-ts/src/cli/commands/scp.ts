import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';

export const scpCommand = defineCommand({
  usage: 'scp <source> <target>',
  summary: 'Copy files and folders between a node and this machine',
  positionals: {
    source: {
      type: 'string',
      demandOption: true,
      describe: 'node01:/path, or a path here; without any node: a path on node01',
    },
    target: { type: 'string', demandOption: true, describe: 'node01:/path, or a path here; - is stdout' },
  },
  options: nameOption,
  examples: [
    ['gocli scp ./app node01:/opt/', 'copy a folder to a node'],
    ['gocli scp /etc/kubernetes/admin.conf -', 'print a file of node01'],
  ],
  run: async ({ name, source, target }, session) => {
    const { parseCopy } = await import('../copy-arguments.ts');
    const { scp } = await import('../../api/scp.ts');
    const copy = parseCopy(dash(source), dash(target));
    const { direction, local } = copy;
    if (direction === 'upload') await scp({ ...copy, name, direction }, session);
    else await scp({ ...copy, name, direction, local: local === '-' ? session.stdout : local }, session);
    return 0;
  },
});

/** yargs hands on a lone `-` as an empty word; an empty path means nothing else here. */
function dash(word: string): string {
  return word === '' ? '-' : word;
}
