import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageOf } from '../image/results.ts';
import type { ProvisionStep } from '../step.ts';

/** Starts a cluster from the image with this id, waits until it is Ready and tries it; throws what it finds. */
export type ImageCheck = (image: string, signal: AbortSignal) => Promise<void>;

/** Proves the image by using it. What that means is handed in: it is the business of a cluster, not of its making. */
export function checkStep(check: ImageCheck): ProvisionStep {
  return {
    name: 'check',
    title: 'Start a cluster from the image',
    needs: ['commit'],
    inputs: () => ({ values: { check: '1' }, files: [] }),
    run: async (context) => {
      const image = await imageOf(context, 'commit');
      await check(image, context.signal);
      await writeFile(join(context.output, 'checked'), `${image}\n`);
    },
  };
}
