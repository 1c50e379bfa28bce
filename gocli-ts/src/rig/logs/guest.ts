import { PassThrough } from 'node:stream';
import { readTree } from '../../place/tree.ts';
import { nodeName } from '../../network/addresses.ts';
import type { SshConnection } from '../../ssh/port.ts';
import type { FoundRig } from '../find.ts';
import { sshTarget } from '../ssh-target.ts';
import { readSecret } from '../state.ts';
import type { LogDeps, LogFile, LogPart } from './part.ts';
import { MIB } from '../../shared/size.ts';

/** Commands whose output is kept, by file. `-n`: a journal in a tight loop of errors must not fill the export. */
const COMMANDS: Readonly<Record<string, string>> = {
  'journal.log': 'journalctl --no-pager -o short-precise -b -n 50000',
  'kubelet.log': 'journalctl --no-pager -o short-precise -b -n 50000 -u kubelet',
  'containerd.log': 'journalctl --no-pager -o short-precise -b -n 50000 -u containerd',
  'containers.txt': 'crictl --timeout 20s ps -a',
  'images.txt': 'crictl --timeout 20s images',
  'resources.txt': 'uptime; free -m; df -h; systemctl --no-pager --failed; ip address; ip route',
};

/** Bytes of the end of each pod log that are kept. */
const POD_LOG_BYTES = 5 * MIB;

/** Packs the end of every pod log, with its path below /var/log/pods, as a tar stream. */
const PACK_POD_LOGS = [
  'cd /var/log/pods || exit 0',
  'into=$(mktemp -d) && trap \'rm -rf "$into"\' EXIT',
  `find . -name '*.log' | while read -r log; do mkdir -p "$into/\${log%/*}" && tail -c ${POD_LOG_BYTES} "$log" > "$into/$log"; done`,
  'tar -C "$into" -c .',
].join('\n');

/** What the guests themselves know, over ssh: one part for each node, for the pods' logs one more. */
export function guestParts(found: FoundRig, deps: LogDeps): LogPart[] {
  const { state } = found;
  if (state === undefined) return [];
  return Array.from({ length: state.plan.guest.nodes }, (_, at) => at + 1).flatMap((index) => {
    const node = nodeName(index);
    const connect = async (signal: AbortSignal): Promise<SshConnection> =>
      deps.ssh.connect(
        sshTarget(state, index, await readSecret(deps.paths, state.name, 'id_ed25519')),
        signal,
      );
    const commands = Object.entries(COMMANDS).map(([file, command]) => ({
      what: `nodes/${node}/${file}`,
      read: async (signal: AbortSignal) => {
        await using connection = await connect(signal);
        return [{ path: `nodes/${node}/${file}`, content: await output(connection, command, signal) }];
      },
    }));
    const pods = {
      what: `nodes/${node}/pods`,
      read: async (signal: AbortSignal) => {
        await using connection = await connect(signal);
        return await podLogs(connection, node, signal);
      },
    };
    return [...commands, pods];
  });
}

/** A command that fails has said something too. */
async function output(connection: SshConnection, command: string, signal: AbortSignal): Promise<string> {
  const { exitCode, stdout, stderr } = await connection.exec(command, { signal });
  return exitCode === 0 ? stdout : `${stdout}${stderr}(exit code ${exitCode})\n`;
}

async function podLogs(connection: SshConnection, node: string, signal: AbortSignal): Promise<LogFile[]> {
  const tar = new PassThrough();
  const [entries] = await Promise.all([
    readTree(tar),
    connection.run(PACK_POD_LOGS, { signal, stdout: tar }).finally(() => tar.end()),
  ]);
  return entries.flatMap((entry) =>
    entry.type === 'file' && Buffer.isBuffer(entry.content) && isInside(entry.path)
      ? [{ path: `nodes/${node}/pods/${entry.path}`, content: entry.content.toString('utf8') }]
      : [],
  );
}

/** The names come from the guest; none may lead out of the export's folder. */
export function isInside(path: string): boolean {
  return path !== '' && !path.startsWith('/') && !path.split('/').includes('..');
}
