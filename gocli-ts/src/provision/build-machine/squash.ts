import { join } from 'node:path';
import { IMAGE_PATH } from '../../provider/image-path.ts';
import { MACHINE_PATH } from '../../machine/spec.ts';
import { openBox } from '../image/box.ts';
import { imageOf, resultOf } from '../image/results.ts';
import type { StepContext } from '../step.ts';
import { OVERLAY_FOLDER } from './machine.ts';

const RAW = join(OVERLAY_FOLDER, 'disk.raw');
const SQUASHED = join(OVERLAY_FOLDER, 'squashed.qcow2');
/** Files of a machine belong to this group, whatever uid qemu ran as. */
const MACHINE_USER = '107:107';

/**
 * The machine was switched off with its file system read-only, so the journal may hold something and files that were
 * deleted while they were open are still there: the first pass settles both (exit code 1: something was corrected,
 * e2fsck(8)). The second makes holes of all free blocks, so that nothing of what was deleted, host keys for one, stays
 * on the disk; a pass that had something to correct does not discard.
 */
const REPAIR = `e2fsck -f -y ${RAW}; [ $? -le 1 ] && e2fsck -f -y -E discard ${RAW}`;

/**
 * Makes one compressed disk, `disk.qcow2` in the step's output, of the overlay on a volume and the disk below it.
 * @throws GocliError REMOTE_COMMAND when the overlay or its file system is damaged
 */
export async function squash(context: StepContext, volume: string): Promise<void> {
  const { docker, host, output, signal } = context;
  const disk = join(resultOf(context, 'disk'), 'disk.qcow2');
  await using box = await openBox(context, {
    image: await imageOf(context, 'runner'),
    user: MACHINE_USER,
    mounts: [
      { type: 'volume', source: volume, target: OVERLAY_FOLDER },
      { type: 'bind', source: disk, target: IMAGE_PATH.disk, readOnly: true },
    ],
  });
  await box.run(['qemu-img', 'check', '-q', MACHINE_PATH.overlay]);
  await box.run(['qemu-img', 'convert', '-O', 'raw', MACHINE_PATH.overlay, RAW]);
  await box.run(['sh', '-c', REPAIR]);
  await box.run([
    'qemu-img',
    'convert',
    '-W',
    '-c',
    '-o',
    'compression_type=zstd',
    '-O',
    'qcow2',
    RAW,
    SQUASHED,
  ]);
  const stream = await docker.containers.getArchive(box.id, SQUASHED, signal);
  const rename = ['--no-same-owner', '--no-same-permissions', '--transform', 's/.*/disk.qcow2/'];
  await host.run(['tar', '--extract', '--file=-', ...rename, '-C', output], { stdin: stream, signal });
}
