import * as images from '../api/images.ts';
import { load } from '../api/load.ts';
import { GocliError } from '../errors/error.ts';
import { formatBytes } from '../shared/size.ts';
import { formatSeconds } from '../shared/text.ts';
import { refuseWord } from './options.ts';
import { writeResult } from './render/output.ts';
import type { Session } from './session.ts';

interface ImageArguments {
  readonly images?: readonly string[] | undefined;
  readonly name?: string | undefined;
  readonly tag?: string | undefined;
  readonly all?: boolean | undefined;
}

export async function loadAction(args: ImageArguments, session: Session): Promise<number> {
  const words = withoutKindsWord(args.images ?? []);
  const archives = words.filter(isArchive).map((word) => (word === '-' ? stdinOf(session) : word));
  if (archives.filter((one) => typeof one !== 'string').length > 1)
    throw new GocliError('USAGE', '- is given twice: there is one stdin');
  const named = words.filter((word) => !isArchive(word));
  const result = await load({ name: args.name, images: named, archives, tag: args.tag }, session);
  const names = result.images.map(({ name }) => name);
  const sent = result.sent === 0 ? 'no layer was new' : `${formatBytes(result.bytesSent)} sent`;
  const text = result.images
    .map(({ name, nodes }) => `${nodes.length === 0 ? 'Unchanged' : 'Loaded'}: ${name}\n`)
    .join('');
  const seconds = formatSeconds(result.seconds);
  writeResult(session, {
    data: { ...result },
    names,
    text: `${text}Cluster ${result.cluster} holds ${names.length === 1 ? 'it' : 'them'} on all nodes (${sent}, ${seconds}).\n`,
  });
  return 0;
}

/** kind's `load docker-image foo:1` and `load image-archive foo.tar`: what follows tells the two apart here. */
export function withoutKindsWord(words: readonly string[]): readonly string[] {
  const [first, ...rest] = words;
  return rest.length > 0 && (first === 'docker-image' || first === 'image-archive') ? rest : words;
}

/** A word that is no name of an image of the local Docker. */
export function isArchive(word: string): boolean {
  return word === '-' || /^\.{0,2}\//.test(word) || /\.(tar|oci|tgz|tar\.\w+)$/.test(word);
}

/** @throws GocliError USAGE at a terminal, where nothing would come */
function stdinOf({ stdin }: Session): Session['stdin'] {
  if (stdin.isTTY !== true) return stdin;
  throw new GocliError('USAGE', '- is stdin, and that is a terminal', {
    hint: 'Type for example: docker save foo:1 | gocli load -',
  });
}

export async function listAction(args: ImageArguments, session: Session): Promise<number> {
  const [word] = args.images ?? [];
  refuseWord(word, 'images rm');
  const { cluster, images: all } = await images.ls({ name: args.name }, session);
  const listed = args.all === true ? all : all.filter(({ system }) => !system);
  writeResult(session, {
    data: { cluster, images: listed },
    names: listed.map(nameOf),
    table: [
      ['IMAGE', 'ID', 'SIZE', 'NODES', 'USED'],
      ...listed.map((image) => [
        [...image.names, ...image.digests][0] ?? '<none>',
        image.id.slice(7, 19),
        formatBytes(image.size),
        image.nodes.join(','),
        image.used ? 'yes' : 'no',
      ]),
    ],
  });
  return 0;
}

export async function removeAction(args: ImageArguments, session: Session): Promise<number> {
  const named = args.images ?? [];
  if (named.length === 0) throw new GocliError('USAGE', 'the name of an image is missing');
  return writeRemoved(session, await images.rm({ name: args.name, images: named }, session));
}

export async function pruneAction(args: ImageArguments, session: Session): Promise<number> {
  const [word] = args.images ?? [];
  refuseWord(word, 'images rm');
  return writeRemoved(session, await images.prune({ name: args.name, all: args.all }, session));
}

function writeRemoved(session: Session, { cluster, removed }: images.ImagesRmResult): number {
  const lines = removed.map((image) => `Removed ${nameOf(image)} from ${image.nodes.join(', ')}.\n`);
  writeResult(session, {
    data: { cluster, removed },
    names: removed.map(nameOf),
    text: lines.length === 0 ? `Nothing to remove in cluster ${cluster}.\n` : lines.join(''),
  });
  return 0;
}

function nameOf({ names, digests, id }: images.ImagesResult['images'][number]): string {
  return names[0] ?? digests[0] ?? id;
}
