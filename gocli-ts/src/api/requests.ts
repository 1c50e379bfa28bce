import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import type { GocliError } from '../errors/error.ts';
import { collect } from '../errors/several.ts';
import type { AnyOption, OptionList } from '../rig/options/option.ts';
import type { AddonShowRequest, AddonsRequest } from './addon.ts';
import type { RigChoice } from './choose.ts';
import type { ConsoleRequest } from './console.ts';
import type { CallOptions, Environment, NoRequest } from './context.ts';
import type { GcRequest } from './gc.ts';
import type { EachRigRequest } from './each-rig.ts';
import type { ImagesPruneRequest, ImagesRmRequest } from './images.ts';
import type { MergeRequest } from './kubeconfig.ts';
import type { LoadRequest } from './load.ts';
import type { ExportRequest, TailRequest } from './logs.ts';
import type { LsRequest } from './ls.ts';
import { OPTIONS } from './options.ts';
import { POOL_OPTIONS, type PoolFillRequest, type PoolRmRequest, type PoolSetRequest } from './pool.ts';
import type { ProviderLoadRequest, ProviderSaveRequest } from './provider-archive.ts';
import type { ProviderBumpRequest, ProviderLintRequest, ProviderNewRequest } from './provider-author.ts';
import type { ProviderShowRequest } from './provider.ts';
import type { ProvisionManagerRequest } from './provision-manager.ts';
import type { BuildAddonsRequest, ProvisionRequest } from './provision.ts';
import type { PublishRequest } from './publish.ts';
import type { RenameRequest } from './rename.ts';
import type { RmRequest } from './rm.ts';
import type { RunRequest } from './run.ts';
import type { RunSeveralRequest } from './run-several.ts';
import type { ScpRequest } from './scp.ts';
import { RESTORE_OPTIONS, type RestoreRequest, type SnapshotRequest } from './snapshot.ts';
import type { ExecRequest, SshRequest } from './ssh.ts';
import { START_OPTIONS, type StartRequest } from './start.ts';
import {
  PLAN_OPTIONS,
  type TemplateBuildRequest,
  type TemplateChoice,
  type TemplatesChoice,
  type TemplateShowRequest,
} from './template.ts';
import type { VendorRequest } from './vendor.ts';

/** The requests of the library, by the name that index.ts binds them by. */
export interface Requests {
  readonly nothing: NoRequest;
  readonly run: RunRequest;
  readonly runSeveral: RunSeveralRequest;
  readonly rig: RigChoice;
  readonly ls: LsRequest;
  readonly rm: RmRequest;
  readonly eachRig: EachRigRequest;
  readonly rename: RenameRequest;
  readonly start: StartRequest;
  readonly console: ConsoleRequest;
  readonly ssh: SshRequest;
  readonly exec: ExecRequest;
  readonly scp: ScpRequest;
  readonly load: LoadRequest;
  readonly addons: AddonsRequest;
  readonly addon: AddonShowRequest;
  readonly imagesRm: ImagesRmRequest;
  readonly imagesPrune: ImagesPruneRequest;
  readonly merge: MergeRequest;
  readonly tail: TailRequest;
  readonly exportLogs: ExportRequest;
  readonly snapshot: SnapshotRequest;
  readonly restore: RestoreRequest;
  readonly template: TemplateChoice;
  readonly templates: TemplatesChoice;
  readonly showTemplate: TemplateShowRequest;
  readonly buildTemplate: TemplateBuildRequest;
  readonly gc: GcRequest;
  readonly setPool: PoolSetRequest;
  readonly fillPools: PoolFillRequest;
  readonly rmPool: PoolRmRequest;
  readonly provision: ProvisionRequest;
  readonly buildAddons: BuildAddonsRequest;
  readonly provider: ProviderShowRequest;
  readonly lintProvider: ProviderLintRequest;
  readonly newProvider: ProviderNewRequest;
  readonly bumpProvider: ProviderBumpRequest;
  readonly saveProvider: ProviderSaveRequest;
  readonly loadProvider: ProviderLoadRequest;
  readonly provisionManager: ProvisionManagerRequest;
  readonly publish: PublishRequest;
  readonly vendor: VendorRequest;
}

/** A schema for every key of a request: one that is missing here, or of another type, does not compile. */
export type Shape<Request> = { readonly [K in keyof Required<Request>]: z.ZodType<Request[K]> };

// The message of each is what is expected, as a part of a sentence.
const text = z.string('a string');
// The system's calls cannot take it (path_resolution(7)), and Node answers with a TypeError.
const path = z.string('a path').regex(/^[^\0]*$/, 'a path, which has no NUL');
const flag = z.boolean('true or false');
const number = z.number('a number');
const lines = z.int('a whole number from 1 on').min(1, 'a whole number from 1 on');
const texts = z.array(text, 'a list of strings').readonly();
const word = z.union([number, text], 'a number or a string');
const words = z.union([word, z.array(word).readonly()], 'a string, a number or a list of these');
/** Streams need not be of Node's own classes. */
const write = z.custom<Writable>((value) => has(value, 'write'), 'a stream that can be written to');
const read = z.custom<Readable>((value) => has(value, 'pipe'), 'a stream that can be read');
/** A function of whatever signature: that cannot be looked at. */
const call = z.custom<never>((value) => typeof value === 'function', 'a function');

function has(value: unknown, method: string): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, method) === 'function';
}

/** An object with these keys and no others, which are the message about one that it does not have. */
export function strict<S extends z.ZodRawShape>(shape: S): z.ZodObject<S, z.core.$strict> {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? keys : 'an object'),
  });
}

/** What the flag or the variable of an option may be written as. */
const OF_TYPE: Readonly<Record<AnyOption['type'], z.ZodType>> = {
  string: text,
  number: word,
  boolean: flag,
  list: words,
};

/** Keys of options: of their type, and such that they can be read, so that all that is wrong is said at once. */
function shapeOf<O extends OptionList, Request>(options: O): Shape<Pick<Request, keyof O & keyof Request>> {
  const shape = Object.entries(options).map(([key, option]) => {
    const schema = OF_TYPE[option.type].superRefine((value, context) => {
      const errors: GocliError[] = [];
      collect(errors, () => option.read(value as never, key));
      for (const error of errors) context.addIssue({ code: 'custom', params: { error } });
    });
    return [key, schema.optional()];
  });
  // Its types are those of the options' own values, of which these schemas are.
  return Object.fromEntries(shape) as Shape<Pick<Request, keyof O & keyof Request>>;
}

const rig = { name: text.optional() };
const eachRig = { ...rig, all: flag.optional() };
const ssh = { ...rig, node: text, user: text.optional() };
const snapshot = { ...rig, snapshot: text };
const template = { template: text.optional() };

const copies = z.discriminatedUnion(
  'direction',
  [
    strict({ direction: z.literal('upload'), node: text, local: path, remote: path, user: text.optional() }),
    strict({
      direction: z.literal('download'),
      node: text,
      remote: path,
      user: text.optional(),
      local: z.union([path, write], 'a path, or a stream that can be written to'),
    }),
  ],
  'an upload or a download',
);

const run: Shape<RunRequest> = {
  provider: text.optional(),
  kubevirtci: flag.optional(),
  ...shapeOf<typeof OPTIONS, RunRequest>(OPTIONS),
};

/** What each of them may say. */
export const SHAPES: { readonly [N in keyof Requests]: Shape<Requests[N]> } = {
  nothing: {},
  run,
  runSeveral: { ...run, count: number },
  rig,
  ls: { all: flag.optional() },
  rm: { ...eachRig, keepRegistry: flag.optional() },
  eachRig,
  rename: { ...rig, to: text },
  start: { ...eachRig, ...shapeOf<typeof START_OPTIONS, StartRequest>(START_OPTIONS) },
  console: { ...rig, node: text.optional() },
  ssh,
  exec: {
    ...ssh,
    command: text,
    stdin: z.union([text, z.instanceof(Buffer), read], 'a string, a Buffer or a stream').optional(),
    stdout: write.optional(),
    stderr: write.optional(),
    onLine: call.optional(),
    onResizer: call.optional(),
    pty: strict({ term: text, columns: number, rows: number }).optional(),
  },
  scp: { ...rig, copies: z.array(copies, 'a list of copies').readonly(), sshUser: text.optional() },
  load: {
    ...rig,
    images: texts.optional(),
    archives: z
      .array(z.union([path, read], 'a path, or a stream that can be read'), 'a list of archives')
      .readonly()
      .optional(),
    tag: text.optional(),
  },
  addons: { ...rig, addons: texts },
  addon: { addon: text },
  imagesRm: { ...rig, images: texts },
  imagesPrune: { ...rig, all: flag.optional() },
  merge: { ...rig, file: path.optional() },
  tail: { ...rig, node: text.optional(), lines: lines.optional() },
  exportLogs: { ...rig, folder: path },
  snapshot,
  restore: { ...snapshot, ...shapeOf<typeof RESTORE_OPTIONS, RestoreRequest>(RESTORE_OPTIONS) },
  template,
  templates: { ...template, all: flag.optional() },
  showTemplate: { ...template, ...shapeOf<typeof PLAN_OPTIONS, TemplateShowRequest>(PLAN_OPTIONS) },
  buildTemplate: { provider: text, ...shapeOf<typeof PLAN_OPTIONS, TemplateBuildRequest>(PLAN_OPTIONS) },
  gc: { templateBudget: text.optional(), dryRun: flag.optional() },
  setPool: {
    provider: text,
    size: word,
    wait: flag.optional(),
    atBoot: flag.optional(),
    ...shapeOf<typeof POOL_OPTIONS, PoolSetRequest>(POOL_OPTIONS),
  },
  fillPools: { wait: flag.optional(), background: flag.optional() },
  rmPool: { pool: text.optional(), all: flag.optional() },
  provision: {
    folder: path,
    phases: texts.optional(),
    force: texts.optional(),
    locked: flag.optional(),
    withChildren: flag.optional(),
  },
  buildAddons: { addons: texts },
  provider: { name: text },
  lintProvider: { name: path.optional() },
  newProvider: { name: text, from: text },
  bumpProvider: { name: text, version: text },
  saveProvider: { name: text, file: z.union([path, write], 'a path or a stream') },
  loadProvider: { file: z.union([path, read], 'a path or a stream') },
  provisionManager: { tag: text.optional() },
  publish: { provider: text, registry: text, tag: text.optional(), ca: path.optional() },
  vendor: { folder: path },
};

/** What a call may be told beside its request. */
export const CALL: Shape<CallOptions> = {
  onEvent: call.optional(),
  signal: z.instanceof(AbortSignal, { error: 'an AbortSignal' }).optional(),
  env: z.custom<Environment>(isEnvironment, 'an object of strings').optional(),
};

/** `process.env` is one, too, and no plain object. */
function isEnvironment(value: unknown): boolean {
  const isText = (one: unknown): boolean => one === undefined || typeof one === 'string';
  return typeof value === 'object' && value !== null && Object.values(value).every(isText);
}
