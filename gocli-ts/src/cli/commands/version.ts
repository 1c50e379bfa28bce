import { messageOf } from '../../errors/error.ts';
import { defineCommand } from '../command.ts';
import { writeResult } from '../render/output.ts';

export const versionCommand = defineCommand({
  usage: 'version',
  summary: 'Print the versions of gocli, Node and Docker',
  run: async (_args, session) => {
    const docker = await session.docker.system.info().then(
      (info) => info.version,
      (error: unknown) => messageOf(error),
    );
    const versions = { gocli: session.version, node: process.versions.node, docker };
    writeResult(session, {
      data: { versions },
      names: [session.version],
      table: Object.entries(versions).map(([name, version]) => [name, version]),
    });
    return 0;
  },
});
