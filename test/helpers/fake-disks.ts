import { DISKS_USER } from '../../gocli-ts/src/rig/machine-files.ts';
import type { FakeDocker } from '../fakes/docker.ts';

/**
 * Gives the machines of a daemon disks: the container of one makes its overlay where there is none
 * (runner/files/usr/lib/gocli/node), and looks at disks that are checked. The content of a disk says what it lies over.
 */
export function scriptDisks(docker: FakeDocker): void {
  docker.onStart = ({ id }, { env = [] }) => {
    const value = (name: string): string | undefined =>
      env.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
    const disk = value('GOCLI_DISK');
    if (disk === undefined || docker.read(id, disk) !== undefined) return;
    docker.write(id, disk, `over ${value('GOCLI_BACKING') ?? ''}`);
  };
  docker.onExec((argv, { id }, { user }) => {
    if (argv[0] === 'rm' && user === DISKS_USER) for (const path of argv.slice(2)) docker.erase(id, path);
    if (!String(argv[2]).includes('qemu-img check')) return undefined;
    return checked(argv.slice(4), (path) => docker.read(id, path) !== undefined);
  });
}

function checked(pairs: readonly string[], isThere: (path: string) => boolean) {
  let over = '';
  for (let at = 0; at < pairs.length; at += 2) {
    const [own = '', other = ''] = pairs.slice(at, at + 2);
    if (isThere(own)) over = 'over';
    else if (!isThere(other)) return { exitCode: 4, stdout: `${own} is not there` };
  }
  return { exitCode: 0, stdout: over };
}
