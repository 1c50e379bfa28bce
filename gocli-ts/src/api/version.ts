import { messageOf } from '../errors/error.ts';
import type { Context, NoRequest } from './context.ts';

export interface VersionResult {
  readonly versions: {
    readonly gocli: string;
    readonly node: string;
    /** Or why Docker cannot be asked. */
    readonly docker: string;
  };
}

/** Versions of gocli and of what it runs on. */
export async function version(_request: NoRequest, context: Context): Promise<VersionResult> {
  const docker = await context.docker.system.info().then(
    (info) => info.version,
    (error: unknown) => messageOf(error),
  );
  return { versions: { gocli: context.version, node: process.versions.node, docker } };
}
