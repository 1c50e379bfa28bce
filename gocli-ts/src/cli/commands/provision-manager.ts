import { defineCommand } from '../command.ts';
import { idlePrefix } from '../options.ts';
import { writeResult } from '../render/output.ts';

export const provisionManagerCommand = defineCommand({
  usage: 'provision-manager',
  summary: 'Print as JSON which versions must be provisioned anew since a tag or commit',
  options: {
    ...idlePrefix,
    tag: {
      type: 'string',
      requiresArg: true,
      describe: 'Tag, branch or commit to compare with; the newest tag unless given',
    },
  },
  examples: [
    ['gocli provision-manager --tag main', 'as kubevirtci prints it: {"1.36":false}'],
    ['gocli provision-manager --tag HEAD~1 -o yaml', 'with the files that are the reason'],
  ],
  run: async ({ tag }, session) => {
    const { provisionManager } = await import('../../api/provision-manager.ts');
    const result = await provisionManager({ tag }, session);
    const byVersion = result.providers.map(
      ({ name, rebuild }) => [name.replace(/^k8s-/, ''), rebuild] as const,
    );
    writeResult(session, {
      data: { ...result },
      names: result.providers.filter(({ rebuild }) => rebuild).map(({ name }) => name),
      text: `${JSON.stringify(Object.fromEntries(byVersion))}\n`,
    });
    return 0;
  },
});
