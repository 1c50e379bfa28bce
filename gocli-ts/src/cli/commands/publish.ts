import { defineCommand } from '../command.ts';
import { formatBytes } from '../../shared/size.ts';
import { formatSeconds } from '../../shared/text.ts';
import { writeResult } from '../render/output.ts';

export const publishCommand = defineCommand({
  usage: 'publish <provider>',
  summary: 'Push the image of a provider to a registry, where other hosts pull it by its digest',
  positionals: {
    provider: { type: 'string', demandOption: true, describe: 'Name of the provider: k8s-1.36' },
  },
  options: {
    registry: {
      type: 'string',
      requiresArg: true,
      demandOption: true,
      describe: 'Registry and organisation: quay.io/team, localhost:5000/team',
    },
    tag: {
      alias: 't',
      type: 'string',
      requiresArg: true,
      describe: 'Tag beside latest, instead of yymmddHHMM-<commit>',
    },
    ca: {
      type: 'string',
      requiresArg: true,
      describe: 'File with the authority that vouches for the registry, instead of /etc/docker/certs.d',
    },
  },
  examples: [
    ['gocli publish k8s-1.36 --registry quay.io/team', 'then commit cluster-up/cluster/providers.lock'],
    ['gocli publish k8s-1.36 --registry registry.lan:5000/ci --ca ca.pem', 'with an authority of your own'],
  ],
  run: async (args, session) => {
    const { publish } = await import('../../api/publish.ts');
    const { provider, registry, tag, ca } = args;
    const result = await publish({ provider, registry, tag, ca }, session);
    const what = result.retagged
      ? 'it was there already'
      : `${result.sent.toFixed(0)} of ${result.layers.toFixed(0)} layers, ${formatBytes(result.bytesSent)} sent`;
    const reference = `${result.repository}:${result.tag}`;
    writeResult(session, {
      data: { ...result },
      names: [`${result.repository}@${result.digest}`],
      text: `Published ${reference} (${what}, ${formatSeconds(result.seconds)}).\n${result.digest}\nNext: commit ${result.lock}, which other hosts pull it by.\n`,
    });
    return 0;
  },
});
