import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';

export const loadCommand = defineCommand({
  usage: 'load <images..>',
  summary: 'Bring images to all nodes, from the local Docker or from archives; only changed layers travel',
  positionals: {
    images: {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'Images of the local Docker (foo:1), archives (./foo.tar, foo.tar.gz), or - for one on stdin',
    },
  },
  options: {
    ...nameOption,
    tag: {
      alias: 't',
      type: 'string',
      requiresArg: true,
      describe: 'What pods call the one image that is loaded, instead of its own name',
    },
  },
  examples: [
    ['gocli load foo:1', 'pods run it by image: foo:1, with imagePullPolicy: Never or IfNotPresent'],
    ['docker save foo:1 bar:2 | gocli load -', 'an archive of docker or an OCI layout, from anywhere'],
    ['docker buildx build -o type=oci,dest=- . | gocli load --tag foo:1 -', 'what was built, without Docker'],
  ],
  run: async (args, session) => (await import('../image-actions.ts')).loadAction(args, session),
});
