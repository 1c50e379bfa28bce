import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import type { Docker } from '../../gocli-ts/src/place/interface.ts';
import { localHost } from '../../gocli-ts/src/host/exec.ts';

/** Label of everything integration tests make; its value is the run. */
export const TEST_LABEL = 'io.gocli.test';

/** Builds the static program of test/fixtures/probe and imports an image that holds nothing else. Returns its id. */
export async function importProbe(docker: Docker, reference: string, run: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-probe-'));
  try {
    const program = join(folder, 'probe');
    await localHost(process.env).run(['go', 'build', '-o', program, 'test/fixtures/probe/main.go'], {
      env: { CGO_ENABLED: '0', GOFLAGS: '-mod=mod', GO111MODULE: 'off' },
    });
    const archive = pack();
    for (const name of ['tmp/', 'data/']) archive.entry({ name, type: 'directory', mode: 0o777 });
    const entry = archive.entry({ name: 'probe', mode: 0o755, size: (await stat(program)).size });
    const written = pipeline(createReadStream(program), entry).then(() => {
      archive.finalize();
    });
    const changes = ['ENTRYPOINT ["/probe"]', 'CMD ["wait"]', `LABEL ${TEST_LABEL}=${run}`];
    const signal = AbortSignal.timeout(60_000);
    const [id] = await Promise.all([
      docker.images.importRootfs(Readable.from(archive), reference, { changes, signal }),
      written,
    ]);
    return id;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
