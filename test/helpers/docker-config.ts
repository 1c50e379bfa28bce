import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

/** A context as `docker context create` writes it. */
interface DockerContext {
  readonly host?: string;
  readonly skipVerify?: boolean;
  /** Text by name of the file. */
  readonly tls?: Readonly<Record<string, string>>;
}

/** A DOCKER_CONFIG folder that goes with the test. @param config text, or what is written as JSON; no file when absent */
export async function dockerConfig(
  t: ExecutionContext,
  config?: unknown,
  contexts: Readonly<Record<string, DockerContext>> = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-docker-config-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const write = async (path: readonly string[], content: unknown): Promise<void> => {
    await mkdir(join(folder, ...path.slice(0, -1)), { recursive: true });
    await writeFile(join(folder, ...path), typeof content === 'string' ? content : JSON.stringify(content));
  };
  if (config !== undefined) await write(['config.json'], config);
  for (const [name, { host, skipVerify = false, tls = {} }] of Object.entries(contexts)) {
    const id = createHash('sha256').update(name).digest('hex');
    const docker = { ...(host === undefined ? {} : { Host: host }), SkipTLSVerify: skipVerify };
    await write(['contexts', 'meta', id, 'meta.json'], { Name: name, Endpoints: { docker } });
    for (const [file, text] of Object.entries(tls))
      await write(['contexts', 'tls', id, 'docker', file], text);
  }
  return folder;
}
