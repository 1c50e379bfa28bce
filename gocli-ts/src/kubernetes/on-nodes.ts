import { GocliError } from '../errors/error.ts';
import type { MachineHandle } from '../frozen/migration.ts';
import { Agent } from '../machine/agent.ts';
import type { RigDeps } from '../rig/deps.ts';
import { together } from '../shared/all.ts';
import { gocliCommand } from '../shared/command.ts';
import { lastLines } from '../shared/text.ts';
import { inTime } from '../waiting/in-time.ts';

/** Milliseconds for what a node does with images: a large one is unpacked under emulation. */
const NODE_MS = 900_000;

/** A script that runs on each node. */
export interface NodeScript {
  /** What is waited for, as a phrase: `holds the images`. */
  readonly what: string;
  readonly script: string;
  readonly parameters: (node: string) => readonly string[];
}

/**
 * Runs a shell script on all nodes at once, through their guest agents: to start a program by ssh takes an emulated
 * guest a second for the handshake alone.
 * @returns what it printed on each, in their order
 * @throws GocliError REMOTE_COMMAND with its last lines, DISK_FULL, TIMEOUT, GUEST_DIED; the signal's reason
 */
export async function onNodes(
  rig: string,
  nodes: readonly MachineHandle[],
  { what, script, parameters }: NodeScript,
  { docker, clock, signal }: Pick<RigDeps, 'docker' | 'clock' | 'signal'>,
): Promise<string[]> {
  return together(nodes, signal, ({ container, node }, one) =>
    inTime(`${node} ${what}`, { signal: one, timeoutMs: NODE_MS }, async (bounded) => {
      await using agent = await Agent.open(docker, container, node, bounded);
      const argv = ['/bin/sh', '-c', `set -eu\n${script}`, 'sh', ...parameters(node)];
      const { exitCode, stdout, stderr } = await agent.run(argv, clock, bounded);
      if (exitCode === 0) return stdout;
      const observed = lastLines(stderr, 5);
      const full = observed.includes('no space left');
      throw new GocliError(full ? 'DISK_FULL' : 'REMOTE_COMMAND', `not so: ${node} ${what}`, {
        observed,
        hint: full
          ? `Remove images there: ${gocliCommand('images prune', rig, '--all')}. Larger disks: gocli run --disk-size`
          : `Its own words: ${gocliCommand('ssh', rig, node)} -- journalctl -u containerd`,
      });
    }),
  );
}
