import type { StepHandle } from '../events/steps.ts';
import type { Finding } from '../provider/finding.ts';
import { readYamlDocument } from '../provider/yaml-text.ts';
import type { RigDeps } from '../rig/deps.ts';
import { sshTarget } from '../rig/ssh-target.ts';
import { readSecret, STATE_FILE, type RigState } from '../rig/state.ts';
import { All } from '../shared/all.ts';
import { faultsBySchema } from '../shared/json-schema.ts';
import { HEAD, runStages, SEED, UNLOCK } from './cloud-init.ts';

/** What is wrong with a file for cloud-init, as far as that is told without its schema. */
export function inspectUserData(text: string, file: string): Finding[] {
  // As PyYAML reads it: "yes" is no text.
  const { findings } = readYamlDocument(text, file, '1.1');
  if (new RegExp(`^${HEAD}\\s*\\n`).test(text)) return [...findings];
  return [{ file, line: 1, column: 1, text: `the first line has to be "${HEAD}"` }, ...findings];
}

/** What cloud-init's own schema does not want of a file that is YAML. */
export function schemaFindings(text: string, file: string, schema: unknown): Finding[] {
  const [document] = readYamlDocument(text, file, '1.1').documents;
  if (document === undefined) return [];
  return faultsBySchema(document.data ?? {}, schema).map(({ path, key, text: fault }) => {
    const where = path.length === 0 ? '' : `"${path.join('.')}": `;
    return document.finding(path, `${where}${fault}`, key);
  });
}

/**
 * Lets cloud-init run once more in all machines of a rig, each of which is an instance of its own.
 * @throws GocliError REMOTE_COMMAND with the log of the module that failed, TIMEOUT, GUEST_UNREACHABLE
 */
export async function runUserData(
  state: RigState,
  text: string,
  step: Pick<StepHandle, 'progress'>,
  deps: RigDeps,
): Promise<void> {
  const { ssh, signal, emit, paths } = deps;
  const key = await readSecret(paths, state.name, STATE_FILE.sshKey);
  const targets = Array.from({ length: state.plan.guest.nodes }, (_, at) => sshTarget(state, at + 1, key));
  await using nodes = await All.open(targets, (target) => ssh.connect(target, signal));
  await nodes.each(async (node, at) => {
    const name = targets[at]?.node ?? '';
    await node.run(`umask 077 && cat > /${SEED}/user-data`, { stdin: text, signal });
    const warnings = await runStages(node, {
      signal,
      after: UNLOCK,
      hint: 'Mend the user-data and start it again; --keep-on-failure leaves the machine in place.',
      onLine: (line) => {
        emit({ type: 'log', source: `cloud-init of ${name}`, line });
        step.progress({ message: line });
      },
    });
    for (const warning of warnings)
      emit({ type: 'notice', level: 'warning', text: `cloud-init of ${name}: ${warning}` });
  });
}
