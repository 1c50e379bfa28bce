import { GocliError } from '../../errors/error.ts';
import { PORTS } from '../../kubernetes/ports.ts';
import { portKey } from '../../network/ports.ts';
import { didYouMean } from '../../shared/text.ts';
import { defineCommand } from '../command.ts';
import { chooseStarted, nameOption } from '../options.ts';
import { writeResult } from '../render/output.ts';

export const portsCommand = defineCommand({
  usage: 'ports [port]',
  summary: 'Print the host port of a named port, or all of them',
  positionals: { port: { type: 'string', describe: `One of ${PORTS.map(({ name }) => name).join(', ')}` } },
  options: {
    ...nameOption,
    'container-name': { type: 'string', hidden: true, requiresArg: true },
  },
  examples: [['gocli ports k8s', 'the host port of the Kubernetes API']],
  run: async (args, session) => {
    const { state } = await chooseStarted(args.name, session);
    const { kindOf } = await import('../../rig/kind.ts');
    const ports = kindOf(session.kinds, state.plan.guest).ports.map(({ name, port, protocol, meaning }) => ({
      name,
      containerPort: port,
      protocol,
      hostPort: state.ports[portKey(port, protocol)] ?? null,
      meaning,
    }));
    if (args.port === undefined) {
      writeResult(session, {
        data: { ports },
        names: ports.map(({ name }) => name),
        text: ports
          .map(
            (one) =>
              `${one.containerPort}/${one.protocol} -> 127.0.0.1:${one.hostPort ?? '-'}  ${one.name}\n`,
          )
          .join(''),
      });
      return 0;
    }
    const found = ports.find(({ name }) => name === args.port);
    if (found?.hostPort == null) throw unknownPort(args.port, ports);
    writeResult(session, {
      data: { port: found },
      names: [String(found.hostPort)],
      text: `${found.hostPort}\n`,
    });
    return 0;
  },
});

function unknownPort(name: string, ports: readonly { readonly name: string }[]): GocliError {
  const names = ports.map((port) => port.name);
  return new GocliError('NOT_FOUND', `there is no port "${name}".${didYouMean(name, names)}`, {
    hint: `Ports: ${names.join(', ')}`,
  });
}
