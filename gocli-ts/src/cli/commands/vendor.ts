import { defineCommand } from '../command.ts';
import { writeResult } from '../render/output.ts';

export const vendorCommand = defineCommand({
  usage: 'vendor <folder>',
  summary: 'Write the scripts of cluster-up into a repository, to be used with an installed gocli',
  positionals: { folder: { type: 'string', demandOption: true, describe: 'Root of that repository' } },
  examples: [['gocli vendor .', 'then make cluster-up starts the cluster of this repository']],
  run: async (args, session) => {
    const { vendor } = await import('../../api/vendor.ts');
    const { folder, version, hasTargets, replaced } = await vendor(args, session);
    const changed =
      replaced.length === 0 ? '' : `Replaced what said something else: ${replaced.join(', ')}\n`;
    const next = hasTargets
      ? 'Next: make cluster-up'
      : 'Next: add this line to the Makefile, then make cluster-up\n  include cluster-up/gocli.mk';
    writeResult(session, {
      data: { folder, gocliVersion: version, hasTargets, replaced },
      names: [folder],
      text: `Wrote ${folder}, for gocli ${version}.\n${changed}${next}\n`,
    });
    return 0;
  },
});
