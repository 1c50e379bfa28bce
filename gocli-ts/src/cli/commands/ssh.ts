import type { SshConnection } from '../../api/ssh.ts';
import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';
import { loginOf, withoutSshHabits } from '../ssh-habits.ts';
import type { Session } from '../session.ts';

export const sshCommand = defineCommand({
  usage: 'ssh <node>',
  summary: 'Run a command on a node, or open a shell there',
  positionals: { node: { type: 'string', demandOption: true, describe: 'Name of the node, such as node01' } },
  options: {
    ...nameOption,
    t: { type: 'count', describe: 'A terminal on the node when stdin is one here; -tt in any case' },
    T: { type: 'boolean', describe: 'No terminal on the node' },
    n: { type: 'boolean', describe: 'Read nothing, for commands in a loop that reads' },
    l: {
      type: 'string',
      requiresArg: true,
      describe:
        'User: root or cloud-user, who may do everything by sudo; of plain machines the one of their provider',
    },
  },
  withoutHabits: withoutSshHabits,
  passThroughAfter: 1,
  examples: [
    ['gocli ssh node01', 'a shell'],
    ['gocli ssh node01 --name two uname -r', 'flags of gocli stand before the command, or else are its own'],
    ['gocli ssh node01 -- journalctl -u kubelet', 'one command; its exit code is the exit code'],
  ],
  run: async (args, session, rest) => {
    const { connect } = await import('../../api/ssh.ts');
    const { t: terminal, T: plain = false, n: deaf = false } = args;
    const connection = await connect({ name: args.name, ...loginOf(args.node, args.l) }, session);
    return runOn(connection, rest.join(' '), { terminal, plain, deaf }, session);
  },
});

/** Flags of ssh(1). */
interface Manner {
  /** How often a terminal was asked for. */
  readonly terminal: number;
  readonly plain: boolean;
  readonly deaf: boolean;
}

/** Like ssh(1), the words are joined by spaces, so that one quoted word can be a whole shell command. */
async function runOn(
  opened: SshConnection,
  command: string,
  manner: Manner,
  session: Session,
): Promise<number> {
  const { stdin, stdout, stderr, signal } = session;
  await using connection = opened;
  const streams = { signal, stdout, stderr, ...(manner.deaf ? {} : { stdin }) };
  const result = await (wantsTerminal(manner, session)
    ? onTerminal(session, (options) => connection.exec(command, { ...streams, ...options }))
    : connection.exec(command === '' ? 'exec $SHELL -l' : command, streams));
  stdin.destroy();
  return result.exitCode;
}

/** Without a flag there is a terminal when this is one, also for a command: most are typed to be looked at. */
function wantsTerminal({ terminal, plain }: Manner, { stdin, stdout, stderr }: Session): boolean {
  if (plain) return false;
  if (terminal > 1) return true;
  if (terminal === 0) return stdin.isTTY === true && stdout.isTTY === true;
  if (stdin.isTTY !== true)
    stderr.write('No terminal on the node, since stdin is none here; -tt makes one.\n');
  return stdin.isTTY === true;
}

/** Programs on the node take an empty one for an error. */
function termOf(env: Session['env']): string {
  const term = env['TERM'] ?? '';
  return term === '' ? 'xterm' : term;
}

interface TerminalOptions {
  readonly pty: { readonly term: string; readonly columns: number; readonly rows: number };
  readonly onResizer: (resize: (columns: number, rows: number) => void) => void;
}

/** Gives the remote side this terminal: raw keys, its size, and every change of its size. */
async function onTerminal<T>(
  { stdin, stdout, env }: Session,
  work: (options: TerminalOptions) => Promise<T>,
): Promise<T> {
  const size = (): { columns: number; rows: number } => ({
    columns: stdout.columns ?? 80,
    rows: stdout.rows ?? 24,
  });
  let onResize: (() => void) | undefined;
  stdin.setRawMode?.(true);
  try {
    return await work({
      pty: { term: termOf(env), ...size() },
      onResizer: (resize) => {
        onResize = () => {
          resize(size().columns, size().rows);
        };
        stdout.on('resize', onResize);
      },
    });
  } finally {
    if (onResize !== undefined) stdout.off('resize', onResize);
    stdin.setRawMode?.(false);
  }
}
