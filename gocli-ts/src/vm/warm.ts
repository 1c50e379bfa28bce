import type { RigDeps } from '../rig/deps.ts';
import { requireState } from '../rig/find.ts';
import type { Warming } from '../rig/kind.ts';
import { bounded } from '../rig/pool/warm-command.ts';
import type { FoundRig } from '../rig/life.ts';
import { sshTarget } from '../rig/ssh-target.ts';
import { readSecret, STATE_FILE } from '../rig/state.ts';
import { All, allOf } from '../shared/all.ts';
import type { SshConnection } from '../ssh/interface.ts';
import { vmOf } from './section.ts';

/** Where the commands run, and their HOME. */
const FOLDER = '/tmp/gocli-warm-up';
/** What sudo made in there is not the user's to remove. */
const UNDO = `rm -rf ${FOLDER} 2>/dev/null || sudo -n rm -rf ${FOLDER}`;

/** Gets ready to run commands on each machine, over ssh, as the user who logs in. @throws GocliError */
export async function warmingOf(found: FoundRig, { ssh, paths }: RigDeps): Promise<Warming> {
  const state = requireState(found);
  const { guest } = state.plan;
  const key = await readSecret(paths, state.name, STATE_FILE.sshKey);
  const targets = Array.from({ length: guest.nodes }, (_, at) =>
    sshTarget(state, at + 1, key, vmOf(guest).user),
  );
  const onEach = async (commands: readonly string[], signal: AbortSignal): Promise<void> => {
    await using nodes = await All.open(targets, (target) => ssh.connect(target, signal));
    // What one has done is undone when none is at it any more.
    await allOf(nodes.items.map((node) => runAll(node, commands, signal)));
  };
  return {
    run: async (commands, signal) => {
      const inFolder = commands.map(
        (command) => `cd ${FOLDER} && export HOME=${FOLDER} || exit\n${bounded(command)}`,
      );
      await onEach([`mkdir -m 700 ${FOLDER}`, ...inFolder], signal);
    },
    undo: (signal) => onEach([UNDO], signal),
  };
}

async function runAll(node: SshConnection, commands: readonly string[], signal: AbortSignal): Promise<void> {
  for (const command of commands) await node.run(command, { signal });
}
