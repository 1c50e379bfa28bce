import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';
import type { SshConnection } from '../../ssh/port.ts';
import type { Session } from '../session.ts';

export const sshCommand = defineCommand({
  usage: 'ssh <node>',
  summary: 'Run a command on a node, or open a shell there',
  positionals: { node: { type: 'string', demandOption: true, describe: 'Name of the node, such as node01' } },
  options: nameOption,
  passThroughAfter: 1,
  examples: [
    ['gocli ssh node01', 'a shell'],
    ['gocli ssh node01 -- journalctl -u kubelet', 'one command; its exit code is the exit code'],
  ],
  run: async (args, session, rest) => {
    const { connect } = await import('../../api/ssh.ts');
    return runOn(await connect(args, session), rest.join(' '), session);
  },
});

/** Like ssh(1), the words are joined by spaces, so that one quoted word can be a whole shell command. */
async function runOn(opened: SshConnection, command: string, session: Session): Promise<number> {
  const { stdin, stdout, stderr, signal } = session;
  await using connection = opened;
  const interactive = stdin.isTTY === true && stdout.isTTY === true;
  const result = await (interactive
    ? onTerminal(session, (options) =>
        connection.exec(command, { signal, stdin, stdout, stderr, ...options }),
      )
    : connection.exec(command === '' ? 'exec $SHELL -l' : command, { signal, stdin, stdout, stderr }));
  stdin.destroy();
  return result.exitCode;
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
      pty: { term: env['TERM'] ?? 'xterm', ...size() },
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
