import { nodeName } from '../../network/addresses.ts';
import type { SshConnection } from '../../ssh/interface.ts';
import type { FoundRig } from '../life.ts';
import { sshTarget } from '../ssh-target.ts';
import { readSecret, STATE_FILE } from '../state.ts';
import type { LogDeps, LogFile, LogPart } from './part.ts';

/** A journal of a whole boot, or of a unit with `-u`. `-n`: one in a tight loop of errors must not fill the export. */
export const JOURNAL = 'journalctl --no-pager -o short-precise -b -n 50000';

/** What every guest can tell, by file. */
const COMMANDS: Readonly<Record<string, string>> = {
  'journal.log': JOURNAL,
  'resources.txt': 'uptime; free -m; df -h; systemctl --no-pager --failed; ip address; ip route',
};

/** What the guests themselves know, whatever the rig is for. */
export function guestParts(found: FoundRig, deps: LogDeps): LogPart[] {
  return commandParts(found, deps, COMMANDS);
}

/** What commands print on each node, over ssh: a part for each, by the file that it goes into. */
export function commandParts(
  found: FoundRig,
  deps: LogDeps,
  commands: Readonly<Record<string, string>>,
): LogPart[] {
  return Object.entries(commands).flatMap(([file, command]) =>
    nodeParts(found, deps, file, async (connection, path, signal) => [
      { path, content: await output(connection, command, signal) },
    ]),
  );
}

/**
 * A part for each node that is read over ssh.
 * @param name of the file or folder that it becomes, below that of the node
 * @param read gets the path of that in the export
 */
export function nodeParts(
  { state }: FoundRig,
  deps: LogDeps,
  name: string,
  read: (connection: SshConnection, path: string, signal: AbortSignal) => Promise<readonly LogFile[]>,
): LogPart[] {
  if (state === undefined) return [];
  return Array.from({ length: state.plan.guest.nodes }, (_, at) => {
    const path = `nodes/${nodeName(at + 1)}/${name}`;
    return {
      what: path,
      read: async (signal) => {
        const key = await readSecret(deps.paths, state.name, STATE_FILE.sshKey);
        await using connection = await deps.ssh.connect(sshTarget(state, at + 1, key), signal);
        return await read(connection, path, signal);
      },
    };
  });
}

/** A command that fails has said something too. */
async function output(connection: SshConnection, command: string, signal: AbortSignal): Promise<string> {
  const { exitCode, stdout, stderr } = await connection.exec(command, { signal });
  return exitCode === 0 ? stdout : `${stdout}${stderr}(exit code ${exitCode})\n`;
}
