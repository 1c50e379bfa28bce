import type { ContainerCreateOptions, HostConfig } from 'dockerode';
import type { ContainerSpec, Mount, PublishedPort } from '../interface.ts';

/** The body of a container creation request for a spec (Docker Engine API 1.41). */
export function containerOptions(spec: ContainerSpec): ContainerCreateOptions {
  return {
    name: spec.name,
    Image: spec.image,
    Labels: { ...spec.labels },
    ...(spec.hostname === undefined ? {} : { Hostname: spec.hostname }),
    ...(spec.entrypoint === undefined ? {} : { Entrypoint: [...spec.entrypoint] }),
    ...(spec.command === undefined ? {} : { Cmd: [...spec.command] }),
    ...(spec.env === undefined ? {} : { Env: [...spec.env] }),
    ...(spec.user === undefined ? {} : { User: spec.user }),
    ExposedPorts: Object.fromEntries((spec.ports ?? []).map((port) => [portKey(port), {}])),
    HostConfig: hostConfig(spec),
  };
}

function hostConfig(spec: ContainerSpec): HostConfig {
  return {
    NetworkMode: spec.network,
    CapDrop: ['ALL'],
    CapAdd: [...spec.capabilities],
    SecurityOpt: [
      ...(spec.noNewPrivileges ? ['no-new-privileges'] : []),
      ...(spec.unconfined === true ? ['seccomp=unconfined', 'apparmor=unconfined'] : []),
      // Where SELinux is on, a container may neither mount nor read folders of the host, which have labels of their own.
      ...(spec.unconfined === true || hasBind(spec) ? ['label=disable'] : []),
    ],
    Devices: (spec.devices ?? []).map((path) => ({
      PathOnHost: path,
      PathInContainer: path,
      CgroupPermissions: 'rwm',
    })),
    PortBindings: Object.fromEntries(
      (spec.ports ?? []).map((port) => [
        portKey(port),
        [{ HostIp: '127.0.0.1', HostPort: port.hostPort === 0 ? '' : port.hostPort.toFixed(0) }],
      ]),
    ),
    Mounts: (spec.mounts ?? []).map(mountOptions),
    Sysctls: { ...spec.sysctls },
    GroupAdd: [...(spec.groups ?? [])],
    ExtraHosts: [...(spec.extraHosts ?? [])],
    ReadonlyRootfs: spec.readOnlyRootfs ?? false,
    ...(spec.cpuShares === undefined ? {} : { CpuShares: spec.cpuShares }),
    // A console log of a machine is kept in the container; what its processes print is short.
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m' } },
  };
}

function hasBind({ mounts = [] }: ContainerSpec): boolean {
  return mounts.some(({ type }) => type === 'bind');
}

/** The daemon's default driver. */
const NO_DRIVER = { Name: '', Options: {} };

function mountOptions(mount: Mount): NonNullable<HostConfig['Mounts']>[number] {
  return {
    Type: mount.type,
    Source: mount.source ?? '',
    Target: mount.target,
    ReadOnly: mount.readOnly ?? false,
    ...(mount.labels === undefined && mount.noCopy !== true ? {} : { VolumeOptions: volumeOptions(mount) }),
  };
}

function volumeOptions({ labels, noCopy = false }: Mount) {
  return { Labels: { ...labels }, NoCopy: noCopy, DriverConfig: NO_DRIVER };
}

function portKey({ containerPort, protocol }: PublishedPort): string {
  return `${containerPort.toFixed(0)}/${protocol}`;
}
