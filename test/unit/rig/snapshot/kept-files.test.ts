import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { REGISTRY_ASIDE, REGISTRY_BACK } from '../../../../gocli-ts/src/rig/snapshot/kept-files.ts';

function registry(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gocli-unit-'));
  t.teardown(() => {
    rmSync(folder, { recursive: true });
  });
  mkdirSync(join(folder, 'docker'));
  writeFileSync(join(folder, 'docker', 'blob'), '');
  return folder;
}

function run(script: string, folder: string): void {
  execFileSync('sh', ['-euc', script, 'sh', folder], { stdio: 'pipe' });
}

/** Ends a script where a program is called for the nth time, as a host does that goes down. */
function endedAt(n: number, program: string, script: string, folder: string): boolean {
  const counted = `n=${n}; ${program}() { n=$((n - 1)); [ "$n" != 0 ] || exit 9; command ${program} "$@"; }`;
  try {
    run(`${counted}\n${script}`, folder);
    return false;
  } catch {
    return true;
  }
}

for (const program of ['mv', 'rm', 'rmdir', 'mkdir']) {
  test(`what the registry stores comes back, wherever ${program} did not come to its turn`, (t) => {
    for (const script of [REGISTRY_ASIDE, REGISTRY_BACK]) {
      for (let n = 1; ; n += 1) {
        const folder = registry(t);
        if (script === REGISTRY_BACK) {
          run(REGISTRY_ASIDE, folder);
          mkdirSync(join(folder, 'docker'));
        }
        const wasEnded = endedAt(n, program, script, folder);
        run(REGISTRY_BACK, folder);
        t.deepEqual(readdirSync(folder), ['docker'], `${program} ${n}`);
        t.deepEqual(readdirSync(join(folder, 'docker')), ['blob'], `${program} ${n}`);
        if (!wasEnded) break;
      }
    }
  });
}
