import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CHECKOUT } from '../helpers/cli.ts';

const FILE = join(CHECKOUT, 'dist', 'faults.json');
/** What a result is of: the command, and the cases themselves. */
const BUILT = ['dist/cli', 'dist/test/faults', 'dist/test/helpers', 'dist/test/kinds'];

interface Remembered {
  readonly build: string;
  readonly passed: readonly string[];
}

/** Which cases passed with what is built now, so that `make faults` goes on where it ended. */
export class Passed {
  readonly #build: string;
  readonly #ids: Set<string>;

  private constructor(build: string, ids: readonly string[]) {
    this.#build = build;
    this.#ids = new Set(ids);
  }

  /** @param anew whether nothing counts that passed before */
  static async open(anew: boolean): Promise<Passed> {
    const build = await digestOfBuild();
    const text = anew ? '' : await readFile(FILE, 'utf8').catch(() => '');
    const known = text === '' ? undefined : (JSON.parse(text) as Remembered);
    return new Passed(build, known?.build === build ? known.passed : []);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  async add(id: string): Promise<void> {
    this.#ids.add(id);
    const remembered: Remembered = { build: this.#build, passed: [...this.#ids] };
    await mkdir(dirname(FILE), { recursive: true });
    await writeFile(FILE, JSON.stringify(remembered));
  }
}

async function digestOfBuild(): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of BUILT) {
    const names = await readdir(join(CHECKOUT, folder), { recursive: true });
    for (const name of names.filter((one) => one.endsWith('.js')).sort()) {
      hash.update(`${name}\0`).update(await readFile(join(CHECKOUT, folder, name)));
    }
  }
  return hash.digest('hex');
}
