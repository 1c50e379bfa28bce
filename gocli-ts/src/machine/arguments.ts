import { MACHINE_PATH, type MachineSpec } from './spec.ts';

/** One qemu option: a flag and, for most, its value. */
type Option = readonly [flag: string, value?: string];

/**
 * The qemu command line of a machine. Every device has an id and a fixed address: saved state names devices by them.
 */
export function qemuArguments(spec: MachineSpec): string[] {
  const options: Option[] = [
    ['-name', spec.name],
    ['-nodefaults'],
    ['-no-user-config'],
    ...processor(spec),
    ...memory(spec),
    ...boot(spec),
    ...credentials(spec),
    ...disk(spec),
    ['-netdev', `tap,id=net0,ifname=${spec.tap},script=no,downscript=no`],
    ['-device', `virtio-net-pci,netdev=net0,id=nic0,mac=${spec.mac},romfile=,addr=3`],
    ['-device', 'virtio-rng-pci,id=rng0,addr=5'],
    ['-device', 'vmgenid,guid=auto,id=vmgenid0'],
    ['-rtc', 'base=utc,clock=host'],
    ...channels(),
    ['-display', 'none'],
    ['-device', 'VGA,id=video0,addr=2'],
    ['-vnc', `0.0.0.0:${(spec.vncPort - 5900).toFixed(0)}`],
    ...(spec.incoming ? ([['-incoming', 'defer']] as const) : []),
  ];
  return ['qemu-system-x86_64', ...options.flat().filter((word) => word !== undefined)];
}

/** TCG's translation cache is bounded: without a bound it outgrows the guest's own memory within minutes. */
function processor({ accelerator, cpuModel, cpus }: MachineSpec): Option[] {
  const kvm = accelerator === 'kvm';
  return [
    ['-accel', kvm ? 'kvm' : 'tcg,thread=multi,tb-size=512'],
    ['-cpu', cpuModel],
    ['-smp', cpus.toFixed(0)],
  ];
}

/** `rom=off,readonly=on` (qemu 8.2): pages are copied when written, and nothing can punch holes into the file. */
function memoryBackend({ memory: where }: MachineSpec, size: string): string {
  if (where.kind === 'private') return `memory-backend-ram,id=mem0,size=${size}`;
  const file = `memory-backend-file,id=mem0,size=${size},mem-path=${where.path}`;
  return where.kind === 'shared' ? `${file},share=on` : `${file},share=off,readonly=on,rom=off`;
}

function memory(spec: MachineSpec): Option[] {
  const size = `${spec.memoryMiB.toFixed(0)}M`;
  return [
    ['-machine', 'pc-q35-10.0,memory-backend=mem0,usb=off'],
    ['-m', size],
    ['-object', memoryBackend(spec, size)],
  ];
}

function boot({ kernel, initrd, kernelArgs, disk: root }: MachineSpec): Option[] {
  const line = [
    ...(root === undefined ? [] : ['root=/dev/vda', 'rw']),
    'console=tty0',
    'console=ttyS0,115200n8',
    'net.ifnames=0',
    'mitigations=off',
    'quiet',
    'systemd.show_status=false',
    ...kernelArgs,
  ];
  return [
    ['-kernel', kernel],
    ['-initrd', initrd],
    ['-append', line.join(' ')],
  ];
}

/** SMBIOS type 11 strings are where systemd in a guest looks for credentials (systemd.system-credentials(7)). */
function credentials(spec: MachineSpec): Option[] {
  return Object.entries(spec.credentials).map(([name, value]) => [
    '-smbios',
    `type=11,value=io.systemd.credential.binary:${name}=${Buffer.from(value).toString('base64')}`,
  ]);
}

/** Flushes are not passed on: a cluster is thrown away, and etcd flushes several times a second. */
function disk({ disk: root }: MachineSpec): Option[] {
  if (root === undefined) return [];
  const file = `file.driver=file,file.filename=${root.overlay},file.cache.no-flush=on`;
  return [
    ['-blockdev', `driver=qcow2,node-name=disk0,discard=unmap,cache.no-flush=on,${file}`],
    ['-device', 'virtio-blk-pci,drive=disk0,id=vd0,addr=4'],
  ];
}

function channels(): Option[] {
  const served = 'server=on,wait=off';
  return [
    ['-device', 'virtio-serial-pci,id=serial0,addr=6'],
    ['-chardev', `socket,id=agent0,path=${MACHINE_PATH.agent},${served}`],
    ['-device', 'virtserialport,bus=serial0.0,chardev=agent0,id=agentport0,name=org.qemu.guest_agent.0'],
    [
      '-chardev',
      `socket,id=console0,path=${MACHINE_PATH.console},${served},logfile=${MACHINE_PATH.consoleLog},logappend=on`,
    ],
    ['-serial', 'chardev:console0'],
    ['-qmp', `unix:${MACHINE_PATH.qmp},${served}`],
  ];
}
