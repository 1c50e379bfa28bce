import { GocliError } from '../../errors/error.ts';
import { MACHINE_PATH } from '../../machine/spec.ts';
import { defineCommand } from '../command.ts';
import { chooseStarted, nameOption } from '../options.ts';

export const consoleCommand = defineCommand({
  usage: 'console [node]',
  summary: 'Show the serial console of a node; on a terminal, attach to it',
  positionals: { node: { type: 'string', default: 'node01', describe: 'Name of the node' } },
  options: nameOption,
  run: async (args, session) => {
    const { nodeOf } = await import('../../rig/find.ts');
    const { nodeIndex } = await import('../../rig/names.ts');
    const { nodeName } = await import('../../network/addresses.ts');
    const { found, state } = await chooseStarted(args.name, session);
    const node = nodeName(nodeIndex(args.node, state.plan.guest.nodes));
    const { id } = nodeOf(found, node);
    const { stdin, stdout, stderr, docker } = session;
    const log = await docker.containers.readFile(id, MACHINE_PATH.consoleLog, session.signal);
    stdout.write(log);
    if (stdin.isTTY !== true || stdout.isTTY !== true) return 0;
    const { attach } = await import('../attach.ts');
    const failed = (what: string) => (error: unknown) => {
      session.signal.throwIfAborted();
      throw new GocliError('GUEST_UNREACHABLE', `the console of ${node} ${what}`, { cause: error });
    };
    const line = await docker.containers
      .connect(id, ['socat', '-', `UNIX-CONNECT:${MACHINE_PATH.console}`])
      .catch(failed('cannot be attached'));
    stderr.write(`Attached to ${node}. Press Ctrl-] to leave.\n`);
    const ended = await attach(line, session).catch(failed('was lost'));
    // What the guest wrote last may have left the cursor anywhere in its line.
    stderr.write(ended === 'user' ? '\n' : `\nThe console of ${node} was closed from there.\n`);
    return 0;
  },
});
