/** Exit codes of the command line, shared by every verb (documented in docs/errors.md). */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  preflight: 3,
  notFound: 4,
  conflict: 5,
  timeout: 6,
  imageMissing: 7,
  notReady: 8,
  unreachable: 255,
} as const;

interface ErrorKind {
  readonly id: `GOCLI-E${number}`;
  readonly exit: number;
  readonly title: string;
  readonly help: string;
}

/** Every kind of error gocli reports. `docs/errors.md` is generated from this table and a test keeps it current. */
export const ERRORS = {
  USAGE: {
    id: 'GOCLI-E100',
    exit: EXIT.usage,
    title: 'The command line is wrong',
    help: 'Run the command with --help; an unknown flag or verb is reported with the nearest valid one.',
  },
  BAD_VALUE: {
    id: 'GOCLI-E101',
    exit: EXIT.usage,
    title: 'A value is malformed or out of range',
    help: 'The message names the flag or variable, the value and what is accepted.',
  },
  BAD_FILE: {
    id: 'GOCLI-E102',
    exit: EXIT.usage,
    title: 'A configuration file is wrong',
    help: 'The message gives file, line, column and, for an unknown key, the nearest valid one.',
  },
  BAD_ARCHIVE: {
    id: 'GOCLI-E103',
    exit: EXIT.usage,
    title: 'An archive or image cannot be loaded',
    help: 'The message says what is wrong with it. Archives are what `docker save`, `docker buildx build -o type=oci` and `skopeo copy` write; images have to be for linux/amd64.',
  },
  DOCKER_UNREACHABLE: {
    id: 'GOCLI-E200',
    exit: EXIT.preflight,
    title: 'The Docker daemon does not answer',
    help: 'Start it (`gocli doctor --fix` does), or add your user to the group that may use its socket.',
  },
  DOCKER_UNSUPPORTED: {
    id: 'GOCLI-E201',
    exit: EXIT.preflight,
    title: 'The container engine cannot be used',
    help: 'gocli needs a local Docker daemon of version 20.10 or newer. A remote daemon is refused because the published ports are reached on loopback.',
  },
  NO_TUN: {
    id: 'GOCLI-E202',
    exit: EXIT.preflight,
    title: 'There is no tun device',
    help: 'Load the module on the host: `modprobe tun`.',
  },
  NOT_ENOUGH_MEMORY: {
    id: 'GOCLI-E203',
    exit: EXIT.preflight,
    title: 'The host has not enough memory for the plan',
    help: 'Ask for fewer nodes or less memory (`--nodes`, `--memory`): the host has less than that in all.',
  },
  HOST_UNSUPPORTED: {
    id: 'GOCLI-E208',
    exit: EXIT.preflight,
    title: 'This machine cannot run gocli',
    help: 'gocli runs on Linux on x86-64 with glibc: on a machine, in a virtual machine, or in WSL 2.',
  },
  PORT_TAKEN: {
    id: 'GOCLI-E204',
    exit: EXIT.conflict,
    title: 'A host port is taken',
    help: 'Choose another with `--<name>-port`, or leave the choice to gocli by not naming one.',
  },
  TOOL_MISSING: {
    id: 'GOCLI-E205',
    exit: EXIT.preflight,
    title: 'A program that this command needs is not installed',
    help: '`gocli doctor` lists what is missing and what to type; `gocli doctor --fix` installs it.',
  },
  DISK_FULL: {
    id: 'GOCLI-E206',
    exit: EXIT.preflight,
    title: 'The disk is full',
    help: 'Free space where the message says, or move it (`XDG_CACHE_HOME`, the data root of Docker), then run the command again: finished steps stay cached.',
  },
  FILE: {
    id: 'GOCLI-E207',
    exit: EXIT.preflight,
    title: 'A file or folder cannot be used',
    help: 'The message has the path and the reason. What gocli writes for itself lies below `XDG_STATE_HOME` and `XDG_CACHE_HOME`, which can be set to other folders.',
  },
  NOT_FOUND: {
    id: 'GOCLI-E300',
    exit: EXIT.notFound,
    title: 'The cluster, node or port does not exist',
    help: '`gocli ls` lists the clusters, `gocli ports` the ports of one.',
  },
  PROVIDER_UNKNOWN: {
    id: 'GOCLI-E301',
    exit: EXIT.notFound,
    title: 'There is no such provider',
    help: '`gocli provider ls` lists the providers; the nearest name is in the message.',
  },
  IMAGE_MISSING: {
    id: 'GOCLI-E302',
    exit: EXIT.imageMissing,
    title: 'The image is not there',
    help: 'Of a provider: build it (`gocli provision cluster-provision/k8s/<version>`), or name the registry that has it. Of `gocli load`: build or pull it with docker, or name an archive by its path.',
  },
  CONFLICT: {
    id: 'GOCLI-E303',
    exit: EXIT.conflict,
    title: 'Something of that name exists and differs',
    help: 'Remove it first (`gocli rm`), or choose another `--name`.',
  },
  NOT_READY: {
    id: 'GOCLI-E304',
    exit: EXIT.notReady,
    title: 'The cluster is not Ready',
    help: '`gocli status` lists the conditions; `gocli logs --export DIR` collects what is needed to find out why.',
  },
  TIMEOUT: {
    id: 'GOCLI-E400',
    exit: EXIT.timeout,
    title: 'A condition was not met in time',
    help: 'The message says what was waited for and what was seen last. On a slow host give `--timeout`.',
  },
  GUEST_DIED: {
    id: 'GOCLI-E401',
    exit: EXIT.failed,
    title: 'A virtual machine ended or did not boot',
    help: 'The end of its console is in the message; `--keep-on-failure` leaves everything in place for a look.',
  },
  GUEST_UNREACHABLE: {
    id: 'GOCLI-E402',
    exit: EXIT.unreachable,
    title: 'The node cannot be reached',
    help: '`gocli status` says whether it runs; `gocli console <node>` shows its console.',
  },
  REMOTE_COMMAND: {
    id: 'GOCLI-E403',
    exit: EXIT.failed,
    title: 'A command in a node or container failed',
    help: 'Its last lines of output are in the message.',
  },
  OUTPUT: {
    id: 'GOCLI-E405',
    exit: EXIT.failed,
    title: 'The result could not be written',
    help: 'Standard output refused it, for the reason in the message; most often the disk is full. A reader that went away is no such failure.',
  },
  COMMAND: {
    id: 'GOCLI-E404',
    exit: EXIT.failed,
    title: 'A program on the host failed',
    help: 'Its last lines of output are in the message.',
  },
  DOWNLOAD: {
    id: 'GOCLI-E500',
    exit: EXIT.failed,
    title: 'Something could not be downloaded',
    help: 'Check the network and the configuration of the package manager that the message names. Finished steps stay cached.',
  },
  CHECKSUM: {
    id: 'GOCLI-E501',
    exit: EXIT.failed,
    title: 'A checksum does not match',
    help: 'The content differs from what the repository pins. If the change is meant, renew the lock file; otherwise do not use it.',
  },
  SEAL: {
    id: 'GOCLI-E502',
    exit: EXIT.failed,
    title: 'The image holds a secret or a trace of the machine that built it',
    help: 'The message lists the files. Remove them in `provision.sh` or in the guest definition.',
  },
  LOCKED: {
    id: 'GOCLI-E503',
    exit: EXIT.conflict,
    title: 'Another process is at work on the same thing',
    help: 'Wait for it to end; the message names it.',
  },
  DOCKER: {
    id: 'GOCLI-E600',
    exit: EXIT.failed,
    title: 'The Docker daemon refused a request',
    help: 'Its own words are in the message.',
  },
  KUBERNETES: {
    id: 'GOCLI-E601',
    exit: EXIT.failed,
    title: 'The Kubernetes API refused a request',
    help: 'Its own words are in the message.',
  },
  REGISTRY: {
    id: 'GOCLI-E602',
    exit: EXIT.failed,
    title: 'A registry refused a request',
    help: 'Its own words are in the message; of the registry of a cluster, `gocli logs` has what it logged.',
  },
  INTERRUPTED: {
    id: 'GOCLI-E700',
    exit: 130,
    title: 'The command was interrupted',
    help: 'What this run had made was removed. Exit code 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP, 141 when nobody read the output any more.',
  },
  INTERNAL: {
    id: 'GOCLI-E900',
    exit: EXIT.failed,
    title: 'A defect of gocli',
    help: 'Please report it with the output of the same command under `-v`.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;
