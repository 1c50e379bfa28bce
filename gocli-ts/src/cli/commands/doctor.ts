import { defineCommand } from '../command.ts';
import { writeResult } from '../render/output.ts';

export const doctorCommand = defineCommand({
  usage: 'doctor',
  summary: 'Check what this machine has and lacks, and what to do about it',
  options: {
    fix: {
      type: 'boolean',
      default: false,
      describe: 'Install and start what is missing first (Docker, tools; asks on a terminal)',
    },
    yes: { alias: 'y', type: 'boolean', default: false, describe: 'With --fix: do not ask' },
  },
  examples: [
    ['gocli doctor', 'exit code 3 when something is missing'],
    ['gocli doctor --fix', 'install and start it'],
  ],
  run: async ({ fix, yes }, session) => {
    const { EXIT } = await import('../../errors/codes.ts');
    const { doctor } = await import('../../api/doctor/doctor.ts');
    const { renderChecks } = await import('../render/checks.ts');
    if (fix) {
      const { fix: install } = await import('../../api/doctor/fix.ts');
      const exitCode = await install({ yes }, session);
      if (exitCode !== 0) return exitCode;
    }
    const { healthy, checks } = await doctor({}, session);
    const names = checks.filter(({ state }) => state === 'failed').map(({ id }) => id);
    writeResult(session, { data: { healthy, checks }, names, text: renderChecks(checks) });
    return healthy ? EXIT.ok : EXIT.preflight;
  },
});
