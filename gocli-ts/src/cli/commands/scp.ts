import { isAbsolute } from 'node:path';
import type { SshConnection, SshTarget } from '../../ssh/port.ts';
import type { Session } from '../session.ts';
import { GocliError } from '../../errors/error.ts';
import { defineCommand } from '../command.ts';
import { chooseStarted, nameOption } from '../options.ts';
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
    r: { type: 'boolean', describe: 'As in scp; folders are copied with all that is in them anyway' },
  },
  withoutHabits: withoutScpHabits,
  examples: [
    ['gocli scp ./app node01:/opt/', 'copy a folder to a node'],
    ['gocli scp one two node01:/opt/', 'copy several files into a folder'],
    ['gocli scp /etc/kubernetes/admin.conf -', 'print a file of node01'],
  ],
  run: async ({ name, paths }, session) => {
    const { parseCopies } = await import('../copy-arguments.ts');
    const { nodeIndex } = await import('../../rig/names.ts');
    const { readSecret } = await import('../../rig/state.ts');
    const { sshTarget } = await import('../../rig/ssh-target.ts');
    const copy = await import('../../rig/copy/copy.ts');
    const requests = parseCopies(paths);
    const { state } = await chooseStarted(name, session);
    const key = await readSecret(session.paths, state.name, 'id_ed25519');
    const { signal, stdout } = session;
    // What has to be a folder: `dir/.` is nothing else. Paths are not normalised, since that form has a meaning.
    const folder = requests.length > 1 ? '/.' : '';
    const failures: GocliError[] = [];
    for (const node of new Set(requests.map((one) => one.node))) {
      const target = sshTarget(state, nodeIndex(node, state.plan.guest.nodes), key);
      const ofNode = requests.filter((one) => one.node === node);
      await withConnection(session, target, async (connection) => {
        const ends = { connection, host: session.host };
        for (const { direction, remote, local } of ofNode) {
          const here = isAbsolute(local) ? local : `${session.cwd}/${local}`;
          const copying =
            direction === 'upload'
              ? copy.upload(ends, here, `${remote}${folder}`, signal)
              : copy.download(ends, remote, local === '-' ? stdout : `${here}${folder}`, signal);
          await copying.catch((error: unknown) => {
            if (!(error instanceof GocliError) || error.code === 'GUEST_UNREACHABLE') throw error;
            signal.throwIfAborted();
            failures.push(error);
          });
        }
      });
    }
    throwAll(failures);
    return 0;
  },
});

/** The other sources were copied, as by scp. */
function throwAll(failures: readonly GocliError[]): void {
  const [first] = failures;
  if (first === undefined) return;
  if (failures.length === 1) throw first;
  throw new GocliError('REMOTE_COMMAND', `${failures.length} sources were not copied, or not all of them`, {
    observed: failures.map(({ message, observed = '' }) => `${message}\n${observed}`.trim()).join('\n'),
  });
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
