import { isAbsolute } from 'node:path';
import type { SshConnection, SshTarget } from '../../ssh/port.ts';
import type { Session } from '../session.ts';
import { defineCommand } from '../command.ts';
import { chooseStarted, nameOption } from '../options.ts';

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
    const { nodeIndex } = await import('../../cluster/names.ts');
    const { readSecret } = await import('../../cluster/state.ts');
    const { sshTarget } = await import('../../cluster/guest.ts');
    const copy = await import('../../ssh/copy.ts');
    const { direction, node, remote, local } = parseCopy(dash(source), dash(target));
    const { state } = await chooseStarted(name, session);
    const key = await readSecret(session.paths, state.name, 'id_ed25519');
    const index = nodeIndex(node, state.plan.guest.nodes);
    // Not normalised: `dir/.` means what is in the folder.
    const here = isAbsolute(local) ? local : `${session.cwd}/${local}`;
    await withConnection(session, sshTarget(state, index, key), async (connection) => {
      const ends = { connection, host: session.host };
      if (direction === 'upload') await copy.upload(ends, here, remote, session.signal);
      else await copy.download(ends, remote, local === '-' ? session.stdout : here, session.signal);
    });
    return 0;
  },
});

/** yargs hands on a lone `-` as an empty word; an empty path means nothing else here. */
function dash(word: string): string {
  return word === '' ? '-' : word;
}

/** No dynamic import in a function with `using`: the compiler leaves its path as it is (TypeScript 6.0). */
async function withConnection(
  session: Session,
  target: SshTarget,
  work: (connection: SshConnection) => Promise<void>,
): Promise<void> {
  await using connection = await session.ssh.connect(target, session.signal);
  await work(connection);
}
