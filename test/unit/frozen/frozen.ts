import type { Place } from '../../../gocli-ts/src/frozen/gate.ts';
import { EMULATED } from '../../helpers/engine.ts';
import type { Manifest } from '../../../gocli-ts/src/frozen/manifest.ts';

export const DAY = 86_400_000;
export const MADE = Date.UTC(2030, 0, 1);

export function manifestOf(changed: Partial<Manifest> = {}): Manifest {
  return {
    format: 1,
    id: '0123456789ab',
    key: 'key',
    createdAt: MADE,
    imageId: 'sha256:1',
    accelerator: 'tcg',
    cpu: EMULATED,
    qemu: '10.0.13',
    machines: [machineOf('node01')],
    skewMs: 0.5,
    about: {},
    ...changed,
  };
}

export function machineOf(name: string): Manifest['machines'][number] {
  const sha256 = '0'.repeat(64);
  return { name, bootId: `boot-${name}`, state: { bytes: 1, sha256 }, ram: { bytes: 2, sha256, blocks: 3 } };
}

export function placeOf(changed: Partial<Place> = {}): Place {
  return {
    now: MADE + DAY,
    accelerator: 'tcg',
    cpu: EMULATED,
    imageId: 'sha256:1',
    availableBytes: 8 * 1024 ** 3,
    wantedBytes: 3 * 1024 ** 3,
    ...changed,
  };
}
