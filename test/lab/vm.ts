import { setTimeout } from 'node:timers/promises';
import type { Docker } from '../../gocli-ts/src/place/interface.ts';
import { ssh2Client } from '../../gocli-ts/src/ssh/client.ts';
import type { SshKeyPair } from '../../gocli-ts/src/ssh/keys.ts';
import type { SshConnection, SshResult } from '../../gocli-ts/src/ssh/interface.ts';
import { ROOT } from './disks.ts';

export interface LabRequest {
  readonly docker: Docker;
  /** An image that has qemu. */
  readonly image: string;
  /** Folder of the root disk, which stays as it is. */
  readonly root: string;
  /** Folder that holds what the lab writes, from one boot to the next, and the payload. */
  readonly work: string;
  /** What qemu is told with `-cpu`; it must have svm. */
  readonly cpu: string;
  /** Taken over at the first boot. */
  readonly key: SshKeyPair;
}

/** Label of the container; its value is the process that made it. */
const LAB_LABEL = 'io.gocli.lab';
const SSH_PORT = 2222;
const BOOT_MS = 900_000;

/**
 * A Debian host of its own, emulated, whose processor has AMD's virtualisation: in it /dev/kvm works, and everything is
 * as slow as emulation is.
 */
export class Lab implements AsyncDisposable {
  readonly #docker: Docker;
  readonly #container: string;
  readonly #connection: SshConnection;

  private constructor(docker: Docker, container: string, connection: SshConnection) {
    this.#docker = docker;
    this.#container = container;
    this.#connection = connection;
  }

  static async boot(request: LabRequest): Promise<Lab> {
    const { docker, key } = request;
    const container = await docker.containers.create({
      name: `gocli-lab-${process.pid}`,
      image: request.image,
      labels: { [LAB_LABEL]: `${process.pid}` },
      network: 'bridge',
      ports: [{ containerPort: SSH_PORT, protocol: 'tcp', hostPort: 0 }],
      capabilities: ['DAC_OVERRIDE'],
      noNewPrivileges: true,
      user: '0:0',
      mounts: [
        { type: 'bind', source: request.root, target: '/root-disk', readOnly: true },
        { type: 'bind', source: request.work, target: '/lab' },
      ],
      entrypoint: ['sh', '-c', START, 'sh'],
      command: qemuArguments(request.cpu, key.publicKey),
    });
    try {
      await docker.containers.start(container);
      const found = await docker.containers.inspect(container);
      const port = found?.ports.find(({ containerPort }) => containerPort === SSH_PORT)?.hostPort;
      if (port === undefined)
        throw new Error(`the lab has no port: ${await docker.containers.logs(container)}`);
      const target = { host: '127.0.0.1', port, user: 'root', privateKey: key.privateKey, node: 'lab' };
      return new Lab(docker, container, await connect(target));
    } catch (error) {
      const console = await docker.containers.logs(container);
      await docker.containers.remove(container);
      throw new Error(`the lab does not boot:\n${console.slice(-2000)}`, { cause: error });
    }
  }

  /** Runs a command line as root of the lab. */
  run(command: string): Promise<SshResult> {
    return this.#connection
      .exec(command, { signal: AbortSignal.timeout(1_200_000) })
      .catch(async (error: unknown) => {
        const state = (await this.#docker.containers.inspect(this.#container))?.state;
        const console = await this.#docker.containers.logs(this.#container);
        throw new Error(`${command}\nthe lab is ${String(state)}:\n${console.slice(-3000)}`, {
          cause: error,
        });
      });
  }

  /** What is written reaches the disk before the machine goes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.exec('systemctl stop docker docker.socket; sync').catch(() => undefined);
    await this.#connection[Symbol.asyncDispose]();
    await this.#docker.containers.remove(this.#container);
  }
}

const START = `set -eu
[ -e /lab/root.qcow2 ] || qemu-img create -q -f qcow2 -b /root-disk/${ROOT.disk} -F raw /lab/root.qcow2
exec qemu-system-x86_64 "$@"`;

function qemuArguments(cpu: string, sshPublicKey: string): string[] {
  const keys = Buffer.from(sshPublicKey).toString('base64');
  const machine = ['-nodefaults', '-display', 'none', '-machine', 'q35', '-smp', '2', '-m', '8G'];
  const processor = ['-accel', 'tcg,thread=multi,tb-size=2048', '-cpu', cpu];
  const boot = ['-kernel', `/root-disk/${ROOT.kernel}`, '-initrd', `/root-disk/${ROOT.initrd}`];
  // On a busy machine the disk of the payload takes longer than systemd would wait for it.
  const patience = 'systemd.default_device_timeout_sec=1200';
  const append = `root=/dev/vda rw console=ttyS0 mitigations=off quiet systemd.show_status=false ${patience}`;
  const disks = [
    ...['-drive', 'file=/lab/root.qcow2,if=virtio,cache=unsafe,discard=unmap'],
    ...['-drive', 'file=/lab/payload.raw,if=virtio,format=raw,readonly=on'],
  ];
  const network = [
    ...['-netdev', `user,id=net0,hostfwd=tcp::${SSH_PORT}-:22`],
    ...['-device', 'virtio-net-pci,netdev=net0,romfile='],
  ];
  const credential = `type=11,value=io.systemd.credential.binary:ssh.authorized_keys.root=${keys}`;
  return [
    ...machine,
    ...processor,
    ...boot,
    ...['-append', append],
    ...disks,
    ...network,
    ...['-device', 'virtio-rng-pci', '-serial', 'stdio', '-smbios', credential],
  ];
}

async function connect(
  target: Parameters<ReturnType<typeof ssh2Client>['connect']>[0],
): Promise<SshConnection> {
  const deadline = Date.now() + BOOT_MS;
  for (;;) {
    try {
      return await ssh2Client().connect(target, AbortSignal.timeout(30_000));
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await setTimeout(1000);
    }
  }
}
