import type { NamedPort } from '../../api/ports.ts';
import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';
import { writeResult } from '../render/output.ts';

function lineOf({ containerPort, protocol, hostPort }: NamedPort): string {
  return `${containerPort.toFixed(0)}/${protocol} -> 127.0.0.1:${hostPort?.toFixed(0) ?? '-'}`;
}

export const portsCommand = defineCommand({
  usage: 'ports [port]',
  summary: 'Print the host port of a named port, or all of them',
  positionals: {
    port: { type: 'string', describe: 'Name of one, such as ssh, k8s or registry; unless told, all of them' },
  },
  options: {
    ...nameOption,
    'container-name': { type: 'string', hidden: true, requiresArg: true },
  },
  examples: [['gocli ports k8s', 'the host port of the Kubernetes API']],
  run: async (args, session) => {
    const { portNamed, ports: portsOf } = await import('../../api/ports.ts');
    const { ports } = await portsOf({ name: args.name }, session);
    // Scripts written for kubevirtci take what is behind the last colon.
    const named = session.stdout.isTTY === true;
    if (args.port === undefined) {
      writeResult(session, {
        data: { ports },
        names: ports.map(({ name }) => name),
        text: ports.map((one) => `${lineOf(one)}${named ? `  ${one.name}` : ''}\n`).join(''),
      });
      return 0;
    }
    const found = portNamed(args.port, ports);
    writeResult(session, {
      data: { port: found },
      names: [String(found.hostPort)],
      text: `${found.hostPort}\n`,
    });
    return 0;
  },
});
