import { GocliError } from '../../errors/error.ts';
import { MACHINE_PATH } from '../../machine/spec.ts';
import { defineCommand } from '../command.ts';
import { chooseStarted, nameOption } from '../options.ts';

/** Ctrl-], which telnet and virsh console use to leave too. */
const LEAVE = 0x1d;

export const consoleCommand = defineCommand({
  usage: 'console [node]',
  summary: 'Show the serial console of a node; on a terminal, attach to it',
  positionals: { node: { type: 'string', default: 'node01', describe: 'Name of the node' } },
  options: nameOption,
  run: async (args, session) => {
    const { nodeOf } = await import('../../cluster/find.ts');
    const { nodeIndex } = await import('../../cluster/names.ts');
    const { nodeName } = await import('../../network/addresses.ts');
    const { found, state } = await chooseStarted(args.name, session);
    const node = nodeName(nodeIndex(args.node, state.plan.guest.nodes));
    const { id } = nodeOf(found, node);
    const { stdin, stdout, stderr, docker } = session;
    const log = await docker.containers.readFile(id, MACHINE_PATH.consoleLog);
    stdout.write(log);
    if (stdin.isTTY !== true || stdout.isTTY !== true) return 0;
    const line = await docker.containers
      .connect(id, ['socat', '-', `UNIX-CONNECT:${MACHINE_PATH.console}`])
      .catch((error: unknown) => {
        throw new GocliError('GUEST_UNREACHABLE', `the console of ${node} cannot be attached`, {
          cause: error,
        });
      });
    stderr.write(`Attached to ${node}. Press Ctrl-] to leave.\n`);
    stdin.setRawMode?.(true);
    try {
      await new Promise<void>((resolve) => {
        line
          .on('data', (chunk: Buffer) => stdout.write(chunk))
          .on('close', resolve)
          .on('end', resolve);
        stdin.on('data', (chunk: Buffer) => {
          if (chunk.includes(LEAVE)) resolve();
          else line.write(chunk);
        });
        session.signal.addEventListener(
          'abort',
          () => {
            resolve();
          },
          { once: true },
        );
        line.write('\n');
      });
    } finally {
      stdin.setRawMode?.(false);
      line.destroy();
    }
    return 0;
  },
});
