import { checkSnapshotName } from '../names.ts';
import { defineOption } from './option.ts';

export const snapshot = defineOption({
  describe: 'Begin at this snapshot of another cluster instead of booting',
  type: 'string',
  completes: 'snapshots',
  read: (input: string, at) => checkSnapshotName(input, at),
});
