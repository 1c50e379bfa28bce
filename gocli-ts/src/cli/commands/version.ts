import { defineCommand } from '../command.ts';
import { writeResult } from '../render/output.ts';

export const versionCommand = defineCommand({
  usage: 'version',
  summary: 'Print the versions of gocli, Node and Docker',
  run: async (_args, session) => {
    const { version } = await import('../../api/version.ts');
    const { versions } = await version({}, session);
    writeResult(session, {
      data: { versions },
      names: [session.version],
      table: Object.entries(versions).map(([name, version]) => [name, version]),
    });
    return 0;
  },
});
