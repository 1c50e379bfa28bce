import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { relative } from 'node:path';
import * as archives from '../api/provider-archive.ts';
import * as authors from '../api/provider-author.ts';
import * as removals from '../api/provider-rm.ts';
import * as providers from '../api/provider.ts';
import { EXIT } from '../errors/codes.ts';
import { GocliError } from '../errors/error.ts';
import { formatBytes } from '../shared/size.ts';
import { writeResult } from './render/output.ts';
import { renderTable } from './render/table.ts';
import type { Session } from './session.ts';

interface ProviderArguments {
  readonly action: string;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly from?: string | undefined;
  readonly yes: boolean;
  readonly 'dry-run': boolean;
}

/** Words and flags of one action that another was given. @throws GocliError USAGE */
export function refuseWhatMeansNothing({ action, name, version, from, ...flags }: ProviderArguments): void {
  const only = (flag: string, given: boolean, ...owners: string[]): void => {
    if (given && !owners.includes(action))
      throw new GocliError('USAGE', `${flag} means something for ${owners.join(' and ')} only`);
  };
  if (action === 'ls' && name !== undefined) {
    throw new GocliError('USAGE', `provider ls takes no name: "${name}"`, {
      hint: `One of them: gocli provider show ${name}`,
    });
  }
  only(`the word "${version ?? ''}"`, version !== undefined, 'bump', 'save');
  only('--from', from !== undefined, 'new');
  only('--yes', flags.yes, 'rm');
  only('--dry-run', flags['dry-run'], 'rm');
}

export async function listAction(session: Session): Promise<number> {
  const { providers: all } = await providers.ls({}, session);
  writeResult(session, {
    data: { providers: all },
    names: all.map(({ name }) => name),
    table: [
      ['PROVIDER', 'IMAGE', 'SIZE', 'TEMPLATES', 'CACHE', 'CREATED'],
      ...all.map(({ name, images: [first], templateBytes, cacheBytes }) => [
        name,
        first?.tags[0] ?? 'not provisioned',
        first === undefined ? '' : formatBytes(first.size),
        templateBytes === 0 ? '' : formatBytes(templateBytes),
        (cacheBytes ?? 0) === 0 ? '' : formatBytes(cacheBytes ?? 0),
        first?.created ?? '',
      ]),
    ],
  });
  return EXIT.ok;
}

export async function showAction(given: string | undefined, session: Session): Promise<number> {
  const shown = await providers.show({ name: wanted(given, 'show', 'k8s-1.36') }, session);
  const { name, reference, image, facts, products } = shown;
  writeResult(session, {
    data: { name, image, facts },
    names: [reference],
    table: [
      ['Provider', name],
      ['Image', reference],
      ['Id', image.id],
      ['Size', formatBytes(image.size)],
      ['Created', image.created],
      ...products.map(({ title, version }) => [title, version ?? '-']),
      [
        'Default plan',
        `${facts.defaults.nodes} node, ${facts.defaults.cpus} vCPUs, ${facts.defaults.memoryMiB}M`,
      ],
      ...Object.entries(image.labels)
        .filter(([key]) => key.startsWith('io.gocli.component.'))
        .map(([key, value]) => [key.slice('io.gocli.component.'.length), value]),
    ],
  });
  return EXIT.ok;
}

export async function lintAction(name: string | undefined, session: Session): Promise<number> {
  const { providers: linted } = await authors.lint({ name }, session);
  const lines = linted.flatMap((one) => {
    const found = one.findings.map(
      ({ file, line, column, text }) => `${shownPath(file, session)}:${line}:${column}: ${text}`,
    );
    const how = one.withSource
      ? ''
      : '; the source of its Kubernetes is not in the module cache, so manifests were read only';
    return found.length > 0 ? found : [`${one.name}: nothing is wrong${how}`];
  });
  const wrong = linted.filter(({ findings }) => findings.length > 0);
  writeResult(session, {
    data: { providers: linted },
    names: wrong.map((one) => one.name),
    text: lines.map((line) => `${line}\n`).join(''),
  });
  return wrong.length === 0 ? EXIT.ok : EXIT.usage;
}

export async function newAction(
  given: string | undefined,
  from: string | undefined,
  session: Session,
): Promise<number> {
  const name = wanted(given, 'new', 'k8s/1.38 --from k8s/1.37');
  if (from === undefined) {
    throw new GocliError('USAGE', 'provider new needs --from', {
      hint: `For example: gocli provider new ${name} --from k8s/1.36`,
    });
  }
  const { provider, folder, files } = await authors.create({ name, from }, session);
  const path = shownPath(folder, session);
  const hasModules = files.some((file) => file.endsWith('go.mod'));
  const release = hasModules ? `Its release: gocli provider bump ${name} VERSION; then ` : 'Next: ';
  writeResult(session, {
    data: { provider, folder, files },
    names: [provider],
    text: session.typed(
      `Made ${path} (${files.length.toFixed(0)} files). ${release}gocli provision ${path}\n`,
    ),
  });
  return EXIT.ok;
}

export async function bumpAction(
  given: string | undefined,
  version: string | undefined,
  session: Session,
): Promise<number> {
  const name = wanted(given, 'bump', 'k8s/1.36 1.36.4');
  if (version === undefined) {
    throw new GocliError('USAGE', 'provider bump needs a release of Kubernetes', {
      hint: `For example: gocli provider bump ${name} 1.36.4`,
    });
  }
  const { files, ...result } = await authors.bump({ name, version }, session);
  const shown = files.map((file) => shownPath(file, session));
  writeResult(session, {
    data: { ...result, files },
    names: shown,
    text: [`${result.provider}: ${result.from} -> ${result.to}`, ...shown]
      .map((line) => `${line}\n`)
      .join(''),
  });
  return EXIT.ok;
}

export async function saveAction(
  given: string | undefined,
  file: string | undefined,
  session: Session,
): Promise<number> {
  const name = wanted(given, 'save', 'k8s-1.36 k8s-1.36.zst');
  if (file === undefined) {
    throw new GocliError('USAGE', 'provider save needs a file, or - for stdout', {
      hint: `For example: gocli provider save ${name} ${name}.zst`,
    });
  }
  const { stdout } = session;
  if (file === '-' && stdout.isTTY === true)
    throw new GocliError('USAGE', '- is stdout, and that is a terminal', {
      hint: `Type for example: gocli provider save ${name} - > ${name}.zst`,
    });
  const result = await archives.save({ name, file: file === '-' ? stdout : file }, session);
  if (file === '-') return EXIT.ok;
  writeResult(session, {
    data: { ...result, file },
    names: [file],
    text: `Saved ${result.reference} to ${file}. On the other host: gocli provider load ${file}\n`,
  });
  return EXIT.ok;
}

export async function loadAction(given: string | undefined, session: Session): Promise<number> {
  const file = wanted(given, 'load', 'k8s-1.36.zst', 'an archive');
  const { stdin } = session;
  if (file === '-' && stdin.isTTY === true)
    throw new GocliError('USAGE', '- is stdin, and that is a terminal', {
      hint: 'Type for example: gocli provider load - < k8s-1.36.zst',
    });
  const result = await archives.load({ file: file === '-' ? stdin : file }, session);
  const { provider, reference, id, instead } = result;
  const before = instead === undefined ? '' : `It was ${instead} before, which has no name any more.\n`;
  writeResult(session, {
    data: { ...result },
    names: [reference],
    text: session.typed(`Loaded ${reference} (${id}).\n${before}Next: gocli run ${provider}\n`),
  });
  return EXIT.ok;
}

export async function removeAction(
  given: string | undefined,
  { dryRun, yes }: { readonly dryRun: boolean; readonly yes: boolean },
  session: Session,
): Promise<number> {
  const name = wanted(given, 'rm', 'k8s-1.36');
  const planned = await removals.removal({ name }, session);
  if (!dryRun && !yes && !(await agreed(planned, session))) {
    session.stderr.write('Nothing was removed.\n');
    return EXIT.ok;
  }
  const result = dryRun ? planned : await removals.rm({ name }, session);
  writeResult(session, {
    data: { dryRun, ...result },
    names: [...result.images.flatMap(({ tags }) => tags), ...result.templates.map(({ id }) => id)],
    text: `${dryRun ? 'Would remove' : 'Removed'} of ${result.provider}:\n${removalTable(result)}`,
  });
  return EXIT.ok;
}

function removalTable({ images, templates, cache, bytes }: removals.ProviderRmResult): string {
  return renderTable([
    ...images.map((one) => ['image', one.tags.join(' ') || one.id, formatBytes(one.bytes)]),
    ...templates.map((one) => ['template', one.id, formatBytes(one.bytes)]),
    ...cache.map((one) => ['cached step', one.step, formatBytes(one.bytes)]),
    ['together', '', formatBytes(bytes)],
  ]);
}

/** Asks on a terminal. @throws GocliError USAGE where nobody can be asked */
async function agreed(
  planned: removals.ProviderRmResult,
  { stdin, stderr, signal }: Session,
): Promise<boolean> {
  if (stdin.isTTY !== true) {
    throw new GocliError(
      'USAGE',
      `to remove ${formatBytes(planned.bytes)} of ${planned.provider} needs --yes`,
      {
        hint: `What that is: gocli provider rm ${planned.provider} --dry-run`,
      },
    );
  }
  stderr.write(`Remove of ${planned.provider}:\n${removalTable(planned)}`);
  const terminal = createInterface({ input: stdin, output: stderr });
  // The terminal is raw meanwhile, and hands neither Ctrl-C nor Ctrl-D on.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const closed = once(terminal, 'close').then(() => '');
  try {
    const answer = await Promise.race([terminal.question('Remove it? [y/N] ', { signal }), closed]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

function wanted(given: string | undefined, action: string, example: string, what = 'a name'): string {
  if (given !== undefined) return given;
  throw new GocliError('USAGE', `provider ${action} needs ${what}`, {
    hint: `For example: gocli provider ${action} ${example}`,
  });
}

/** Relative where that is below where the user stands. */
function shownPath(path: string, { cwd }: Session): string {
  const below = cwd === '' ? path : relative(cwd, path);
  return below.startsWith('..') || below === '' ? path : below;
}
