import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { ToldFacts } from '../../../gocli-ts/src/rig/kind.ts';
import { toldScript } from '../../../gocli-ts/src/vm/told.ts';
import { temporaryFolder } from '../provision/_bench.ts';

export const KEY = `ssh-ed25519 ${'A'.repeat(68)} alice@host`;
export const PROXY = {
  addresses: { HTTP_PROXY: 'http://me:s"e$c%40@p.example:1', HTTPS_PROXY: 'socks5://p.example:2' },
  except: '.example,10.0.0.0/8,registry',
};

/** A machine's files, and programs that only say that they were called. */
export class Machine {
  readonly root: string;
  readonly called: string;

  constructor(root: string) {
    this.root = root;
    this.called = join(root, 'called');
  }

  static async make(t: ExecutionContext): Promise<Machine> {
    const machine = new Machine(await temporaryFolder(t));
    const folders = ['etc/apt/apt.conf.d', 'etc/ssh/sshd_config.d', 'etc/sudoers.d', 'etc/systemd/system'];
    for (const folder of [...folders, 'run', 'root/.ssh', 'var/lib/gocli', 'usr/lib/systemd/system', 'bin'])
      await mkdir(join(machine.root, folder), { recursive: true });
    await machine.write('run/sshd.pid', '123456\n');
    await mkdir(join(machine.root, 'usr/sbin'));
    await machine.sshdTest('');
    return machine;
  }

  write(path: string, text: string): Promise<void> {
    return writeFile(join(this.root, path), text);
  }

  /** What `sshd -t` does. */
  async sshdTest(script: string): Promise<void> {
    await this.write('usr/sbin/sshd', `#!/bin/sh\n${script}\n`);
    await chmod(join(this.root, 'usr/sbin/sshd'), 0o755);
  }

  async read(path: string): Promise<string | undefined> {
    return readFile(join(this.root, path), 'utf8').catch(() => undefined);
  }

  /**
   * The script, on files below the root. `kill` is a builtin.
   * @param edit changes the script
   * @returns what it printed
   */
  tell(facts: ToldFacts, edit = (script: string): string => script): string {
    const script = edit(toldScript(facts))
      .replace(/(?<=[\s<>"])\/(etc|run|root|var|usr|proc)(?=\/)/g, `${this.root}/$1`)
      .replaceAll(
        'kill -HUP "$sshd"',
        `{ echo "kill $sshd" >>${this.called}; echo "$sshd" >${this.root}/run/sshd.pid; }`,
      )
      .replaceAll('systemctl ', `>>${this.called} echo systemctl `);
    return execFileSync('sh', { input: script, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
  }

  /** The same, cut off before a command. @returns whether it was, and did not end before */
  tellUntil(facts: ToldFacts, command: number): boolean {
    const words = 'write|put|block|printf|mv|cp|rm|rmdir|mkdir|touch|kill|systemctl|reload_\\w+|echo';
    const cut = (script: string): string =>
      `cuts=${command.toFixed(0)}
cut() { [ "$cuts" -gt 0 ] || exit 42; cuts=$((cuts - 1)); }
${script.replace(new RegExp(`^( *)(?=(${words}) )`, 'gm'), '$1cut; ')}`.replace(
        /\|\| ((?:mkdir|rm|cp) .*)$/gm,
        '|| { cut; $1; }',
      );
    try {
      this.tell(facts, cut);
      return false;
    } catch (error) {
      if ((error as { status?: number }).status === 42) return true;
      throw error;
    }
  }

  async files(): Promise<Record<string, string>> {
    const entries = await readdir(this.root, { recursive: true, withFileTypes: true });
    const files = entries.filter(
      (entry) =>
        entry.isFile() && entry.name !== 'called' && entry.parentPath !== join(this.root, 'usr/sbin'),
    );
    const pairs = files.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(this.root.length + 1), await readFile(path, 'utf8')] as const;
    });
    return Object.fromEntries(await Promise.all(pairs));
  }
}
