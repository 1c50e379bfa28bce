import { frozenFiles } from '../../frozen/frozen-files.ts';
import type { ContainerInfo, Docker } from '../../place/interface.ts';
import type { MachineHandle } from '../../frozen/migration.ts';
import { inside } from '../inside.ts';
import { snapshotFolder, type SnapshotRecord } from './list.ts';

/** What a file was when it was saved, by its path. */
export type Marks = NonNullable<SnapshotRecord['marks']>;

type Files = Pick<SnapshotRecord, 'id' | 'saved' | 'state'>;

/** Folder of a snapshot with what the registry stored. */
export function registryOf(id: string): string {
  return `${snapshotFolder(id)}/registry`;
}

/** Memory, devices and disks of all machines of a snapshot. */
export function filesOf({ id, saved, state }: Files): string[] {
  const folder = snapshotFolder(id);
  const disks = state.plan.guest.disk ? saved.machines.map(({ name }) => frozenFiles(name, folder).disk) : [];
  return [...saved.machines.map(({ file }) => file), ...disks];
}

/**
 * Size and checksum of both ends of each file: what is cut off, or damaged where qemu keeps its tables (a save with
 * mapped-ram begins with the table of its pages and ends with the devices), is seen at once. The pages in between, a
 * gigabyte of them, would take seconds.
 */
const MARK = `for file; do
  [ -e "$file" ] || { echo "- $file"; continue; }
  [ -f "$file" ] || { echo "folder $file"; continue; }
  sum=$({ head -c 65536 "$file"; tail -c 1048576 "$file"; } | sha256sum) || exit 1
  echo "$(stat -c %s "$file")-\${sum%% *} $file"
done`;

/** Marks the files of a snapshot, in one of its machines. @throws GocliError COMMAND */
export async function markFiles(
  files: Files,
  machine: MachineHandle | undefined,
  docker: Docker,
): Promise<Marks> {
  return parse(await inside(docker, machine, MARK, filesOf(files)));
}

/**
 * What of a snapshot is not there, or not as it was, seen in a machine that runs; in words.
 * @throws GocliError COMMAND
 */
export async function damagedFiles(
  record: SnapshotRecord,
  machine: ContainerInfo,
  docker: Docker,
): Promise<string[]> {
  const registry = registryOf(record.id);
  const handle = { container: machine.id, node: machine.name };
  const now = parse(await inside(docker, handle, MARK, [registry, ...filesOf(record)]));
  const missing = Object.keys(now).filter((file) => now[file] === MISSING);
  // Of a snapshot of an earlier version nothing is known.
  const damaged = Object.entries(record.marks ?? {}).filter(
    ([file, then]) => !missing.includes(file) && now[file] !== then,
  );
  return [...missing.map((file) => `missing: ${file}`), ...damaged.map(([file]) => `damaged: ${file}`)];
}

/** In place of the mark of a file that is not there. */
const MISSING = '-';

/** A mark, a blank and a path a line. */
function parse(lines: string): Marks {
  const found = lines.split('\n').flatMap((line) => {
    const [, mark, file] = /^(\S+) (.+)$/.exec(line) ?? [];
    return mark === undefined || file === undefined ? [] : [[file, mark] as const];
  });
  return Object.fromEntries(found);
}
