import { z } from 'zod';
import { GocliError } from '../errors/error.ts';
import { redact } from '../shared/redact.ts';
import { lastLines } from '../shared/text.ts';
import type { SshConnection } from '../ssh/interface.ts';
import { inTime } from '../waiting/in-time.ts';

/** Where its data source NoCloud looks, below /. */
export const SEED = 'var/lib/cloud/seed/nocloud';
/** The first line of what it takes for its own. */
export const HEAD = '#cloud-config';
/** Milliseconds for all that it does: packages are unpacked under emulation. */
const RUN_MS = 1_800_000;
/** Lines of an error. */
const SHOWN = 20;

/** Its four stages, one after the other; what went wrong stands in its own status, not in its exit codes. */
const RUN = `rm -rf /run/cloud-init
for stage in 'init --local' init 'modules --mode=config' 'modules --mode=final'; do
  echo "cloud-init $stage"
  cloud-init $stage || :
done
`;
const STATUS = 'cat /run/cloud-init/status.json';
/**
 * cloud-init locks the passwords of users ("!"), and without PAM sshd lets no locked account in, whatever its key; "*" is
 * no password either, and not locked.
 */
export const UNLOCK = "sed -i 's/^\\([^:]*\\):![^:]*:/\\1:*:/' /etc/shadow";

const stageSchema = z.object({
  errors: z.array(z.string()).default([]),
  recoverable_errors: z.record(z.string(), z.array(z.string())).default({}),
});
const statusSchema = z.object({ v1: z.record(z.string(), z.unknown()) });

/** What cloud-init says that went wrong, by its status.json: what it could not do, and what it did otherwise. */
export function readStatus(text: string): { readonly errors: string[]; readonly warnings: string[] } {
  const stages = Object.values(statusSchema.parse(JSON.parse(text)).v1).flatMap((stage) => {
    const parsed = stageSchema.safeParse(stage);
    return parsed.success ? [parsed.data] : [];
  });
  return {
    errors: stages.flatMap(({ errors }) => errors),
    warnings: stages.flatMap(({ recoverable_errors: kinds }) => Object.values(kinds).flat()),
  };
}

/** How it is run in a machine. */
interface CloudInit {
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
  /** Shell commands for root once all went well. */
  readonly after: string;
  /** What to do about a failure. */
  readonly hint: string;
}

/**
 * Lets cloud-init do what lies in its seed.
 * @returns what it did otherwise than it was told
 * @throws GocliError REMOTE_COMMAND with the end of its log, and of what the failing module printed; TIMEOUT
 */
export function runStages(
  node: SshConnection,
  { onLine, signal, after, hint }: CloudInit,
): Promise<string[]> {
  return inTime('cloud-init ends', { signal, timeoutMs: RUN_MS }, async (bounded) => {
    const printed: string[] = [];
    const listen = (line: string): void => {
      // Tables of the network, the same for each machine.
      if (line.startsWith('ci-info: ')) return;
      printed.push(line);
      onLine(line);
    };
    await node.run(RUN, { signal: bounded, onLine: listen });
    const { stdout } = await node.run(STATUS, { signal: bounded });
    const { errors, warnings } = readStatus(stdout);
    if (errors.length > 0) {
      const log = await node.exec('tail -n 200 /var/log/cloud-init.log', { signal: bounded });
      const told = log.stdout.split('\n').filter((line) => / - (WARNING|ERROR|CRITICAL)|Error/.test(line));
      const [first = ''] = errors;
      throw new GocliError('REMOTE_COMMAND', `cloud-init failed: ${first}`, {
        observed: redact(lastLines([...printed.slice(-SHOWN / 2), ...errors, ...told].join('\n'), SHOWN)),
        hint,
      });
    }
    await node.run(after, { signal: bounded });
    return warnings;
  });
}
