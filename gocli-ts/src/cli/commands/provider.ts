import { GocliError } from '../../errors/error.ts';
import { formatBytes } from '../../shared/size.ts';
import { defineCommand } from '../command.ts';
import { writeResult } from '../render/output.ts';
import type { Session } from '../session.ts';

export const providerCommand = defineCommand({
  usage: 'provider <action> [name]',
  summary: 'List the providers (ls), or show one of them (show)',
  positionals: {
    action: { type: 'string', choices: ['ls', 'show'], demandOption: true, describe: 'What to do' },
    name: { type: 'string', describe: 'Name of the provider, for show' },
  },
  examples: [['gocli provider ls', 'which providers there are, and whether their images are']],
  run: (args, session) => (args.action === 'ls' ? list(session) : show(args.name, session)),
});

async function list(session: Session): Promise<number> {
  const { ls } = await import('../../api/provider.ts');
  const { providers } = await ls({}, session);
  writeResult(session, {
    data: { providers },
    names: providers.map(({ name }) => name),
    table: [
      ['PROVIDER', 'IMAGE', 'SIZE', 'CREATED'],
      ...providers.map(({ name, images: [first] }) => [
        name,
        first?.tags[0] ?? 'not provisioned',
        first === undefined ? '' : formatBytes(first.size),
        first?.created ?? '',
      ]),
    ],
  });
  return 0;
}

async function show(name: string | undefined, session: Session): Promise<number> {
  const providers = await import('../../api/provider.ts');
  const { isKubernetes, kubernetesOf } = await import('../../kubernetes/section.ts');
  if (name === undefined)
    throw new GocliError('USAGE', 'provider show needs a name', {
      hint: 'For example: gocli provider show k8s-1.36',
    });
  const { reference, image, facts } = await providers.show({ name }, session);
  writeResult(session, {
    data: { name, image, facts },
    names: [reference],
    table: [
      ['Provider', name],
      ['Image', reference],
      ['Id', image.id],
      ['Size', formatBytes(image.size)],
      ['Created', image.created],
      ['Kubernetes', isKubernetes(facts) ? kubernetesOf(facts).version : '-'],
      [
        'Default plan',
        `${facts.defaults.nodes} node, ${facts.defaults.cpus} vCPUs, ${facts.defaults.memoryMiB}M`,
      ],
      ...Object.entries(image.labels)
        .filter(([key]) => key.startsWith('io.gocli.component.'))
        .map(([key, value]) => [key.slice('io.gocli.component.'.length), value]),
    ],
  });
  return 0;
}
