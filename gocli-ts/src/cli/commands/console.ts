import { GocliError } from '../../errors/error.ts';
import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';
import { writeResult } from '../render/output.ts';

export const consoleCommand = defineCommand({
  usage: 'console [node]',
  summary: 'Show the serial console of a node; on a terminal, attach to it',
  positionals: { node: { type: 'string', default: 'node01', describe: 'Name of the node' } },
  options: nameOption,
  run: async (args, session) => {
    const console = await import('../../api/console.ts');
    const { stdin, stdout, stderr } = session;
    const { node, bytes } = await console.log(args, session);
    if ((session.output ?? 'table') !== 'table') {
      writeResult(session, { data: { node, text: bytes.toString('utf8') }, names: [node] });
      return 0;
    }
    // As they are: not all that a node writes is text.
    stdout.write(bytes);
    if (stdin.isTTY !== true || stdout.isTTY !== true) return 0;
    const { attach } = await import('../attach.ts');
    const { line } = await console.attach(args, session);
    stderr.write(`Attached to ${node}. Press Ctrl-] to leave.\n`);
    const ended = await attach(line, session).catch((error: unknown) => {
      session.signal.throwIfAborted();
      throw new GocliError('GUEST_UNREACHABLE', `the console of ${node} was lost`, { cause: error });
    });
    // What the guest wrote last may have left the cursor anywhere in its line.
    stderr.write(ended === 'user' ? '\n' : `\nThe console of ${node} was closed from there.\n`);
    return 0;
  },
});
