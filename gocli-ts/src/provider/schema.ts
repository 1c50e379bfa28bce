import { z } from 'zod';
import { IMAGE_TAG } from '../shared/image-reference.ts';
import { isProviderName } from './name.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,40}$/, 'lower-case letters, digits, "." and "-"');
/** `k8s/1.36` */
export const PROVIDER_FOLDER = /^[a-z0-9]+\/[a-z0-9][a-z0-9.-]*$/;
/** Debian policy, 5.6.1. */
const DEBIAN_PACKAGE = /^[a-z0-9][a-z0-9.+-]+$/;
const size = z.string().regex(/^\d+[MG]$/, 'a size such as 3072M or 20G');

/**
 * A Go module with programs: the folder of that name beside provider.yaml, or else below
 * `cluster-provision/components/`. Its main package and its only tool are named after it, further tools after
 * their package. With `c`, a C program instead, whose source lies in a Go module.
 */
const componentSchema = z.strictObject({
  name,
  /** Other names its program is called by: links beside it, on the node and in images. */
  names: z.array(z.string()).default([]),
  /** Programs that go into the node's file system, */
  nodePrograms: z.array(z.string()).default([]),
  /** into this folder. */
  nodeFolder: z.string().startsWith('/').default('/usr/local/bin'),
  c: z
    .strictObject({
      /** Component whose go.mod pins the module. */
      from: name,
      module: z.string(),
      /** Path below the module. */
      file: z.string().regex(/^[a-z0-9_/-]+\.c$/),
      version: z.string(),
    })
    .optional(),
});

const imageSchema = z.strictObject({
  /** Full name with tag, as kubeadm or a manifest asks for it. */
  name: z
    .string()
    .regex(/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+:[A-Za-z0-9._-]+$/, 'a full name, registry/path:tag'),
  /** Programs, by name, with their further names in /usr/local/bin of the image. */
  programs: z.array(z.string()).default([]),
  /** Debian packages extracted beside the programs. */
  packages: z.array(z.string()).default([]),
  /** Links that the packages would make when installed: target to the paths of the links. */
  links: z.record(z.string().startsWith('/'), z.array(z.string().startsWith('/'))).default({}),
  entrypoint: z.array(z.string()).default([]),
});

/** Names of a shell's variables, in capitals: those of a provider are written small. */
const VARIABLE = /^[A-Z][A-Z0-9_]*$/;
/** Set for provision.sh by gocli, or by every shell. */
const TAKEN = /^(GOCLI_.*|KUBERNETES_VERSION|PATH|HOME|IFS|PWD|SHELL|USER)$/;

const variable = z
  .string()
  .regex(VARIABLE, 'names of variables are capitals, digits and "_"')
  .refine((name) => !TAKEN.test(name), "that name is a shell's or gocli's own");

/** Values by names of variables, as provider.yaml and site.yaml have them. */
export function variables<T extends z.ZodType>(value: T): z.ZodRecord<typeof variable, T> {
  return z.record(variable, value);
}

/** What a number would lose (1.30) has to stay. */
export const variableText = z.string('a text: put it into quotes');

/** Virtual sizes and numbers of rigs whose user says nothing of them. */
const defaultsSchema = z.strictObject({
  nodes: z.int().min(1).max(99),
  cpus: z.int().min(1).max(64),
  memory: size,
  /** Virtual size of the root disk. */
  disk: size,
});
export const someDefaults = defaultsSchema.partial();

/**
 * The section of each kind, by the kind's name. It is all that a kind says here: the files that extend others, the facts of
 * an image and the guest plan take what stands in this list.
 */
export const SECTIONS = {
  kubernetes: z.strictObject({
    version: z.string().regex(/^\d+\.\d+\.\d+$/),
    podSubnet: z.string(),
    serviceSubnet: z.string(),
  }),
  /** Of plain machines, whose provider has no components and no images. */
  vm: z.strictObject({
    /** Beside root; `gocli ssh` logs in as this one. */
    user: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'a user name of lower-case letters, digits and "-"'),
  }),
};

type Sections = typeof SECTIONS;
/** Name of a kind. */
export type SectionName = keyof Sections;

/** What a provider says of its kind, by the names of the sections. */
export function sectionsIn<T extends Partial<Record<SectionName, unknown>>>(
  config: T,
): Partial<Pick<T, SectionName>> {
  const names = Object.keys(SECTIONS) as SectionName[];
  return Object.fromEntries(
    names.flatMap((name) => (config[name] === undefined ? [] : [[name, config[name]]])),
  );
}

/** A schema made of each of them. */
function sectionsOf(make: (section: z.ZodObject) => z.ZodType): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(SECTIONS).map(([name, section]) => [name, make(section)]));
}

type Whole = { [K in SectionName]: z.ZodOptional<Sections[K]> };
type Partly = { [K in SectionName]: z.ZodOptional<z.ZodType<Partial<z.infer<Sections[K]>>>> };

/** Schema of `provider.yaml`. Unknown keys are refused with file, line, column and the nearest valid key. */
export const providerSchema = z.strictObject({
  apiVersion: z.literal('gocli.io/v1'),
  kind: z.literal('Provider'),
  /** Name of the provider, `k8s-1.36`; image `gocli/<name>`. */
  name: z
    .string()
    .refine(isProviderName, 'at most 40 lower-case letters and digits, with "." or "-" between them'),
  /** Folder below `cluster-provision/guest/`. */
  guest: name,
  defaults: defaultsSchema,
  /** Added to the kernel command line of every node. */
  kernelArgs: z.array(z.string()).default([]),
  ...(sectionsOf((section) => section.optional()) as Whole),
  /** Debian packages of the machines, beside those that every guest of the folder has; their lock is each provider's own. */
  packages: z.array(z.string().regex(DEBIAN_PACKAGE, 'the name of a Debian package')).default([]),
  /**
   * Variables of the environment that plain machines are made with, `${NAME}` in its files and `$NAME` in provision.sh, with
   * what they are where nobody says it; one without that must be said.
   */
  environment: variables(variableText.nullable()).default({}),
  /** Shell commands that must succeed on the first machine of a rig before the image gets its name. */
  check: z.array(z.string().min(1)).default([]),
  /**
   * Shell commands by which a rig of a pool does what its users do first, so that it is quick later, before it is paused: in
   * a cluster where there is a kubectl for it, else on each machine. What they leave is removed; the kind says what that is.
   */
  warm: z.array(z.string().min(1)).default([]),
  /** Programs that are built from source. */
  components: z.array(componentSchema).default([]),
  /** Container images made from component programs and put into the node's store. */
  images: z.array(imageSchema).default([]),
});

const { apiVersion, kind, guest, kernelArgs, packages, environment, check, warm } = providerSchema.shape;

/**
 * Schema of a `provider.yaml` that says only in what it differs from that of another version: what stands once is not
 * copied. Files that the folder does not have (provision.sh, pre-pull-images, packages.lock, manifests) are the other's;
 * node-packages.lock never is: it pins what this one names itself.
 */
export const extendingSchema = z.strictObject({
  apiVersion,
  kind,
  name: providerSchema.shape.name,
  /** Folder below `cluster-provision` whose provider.yaml says all that this one does not. `1.36` alone were a number. */
  extends: z.string().regex(PROVIDER_FOLDER, 'a folder below cluster-provision, such as k8s/1.36'),
  guest: guest.optional(),
  defaults: someDefaults.optional(),
  kernelArgs: kernelArgs.unwrap().optional(),
  ...(sectionsOf((section) => section.partial().optional()) as Partly),
  /** In addition. */
  packages: packages.unwrap().optional(),
  check: check.unwrap().optional(),
  /** In the place of the other's. */
  warm: warm.unwrap().optional(),
  /** Take the place of those of the same name, or come in addition. */
  components: z.array(componentSchema).optional(),
  /** Take the place of those of the same name but for the tag, or come in addition. */
  images: z.array(imageSchema).optional(),
  /** Other tags of images that stay as they are, by their names without a tag. */
  tags: z.record(z.string(), z.string().regex(IMAGE_TAG, 'a tag')).optional(),
});

/**
 * Schema of a `provider.yaml` that is made from another one: all that the other has, and then what this
 * one says. Which kinds have it, those know who make images. Files come on top of the other's, and its user-data and provision.sh are run after those of the other.
 */
export const childSchema = z.strictObject({
  apiVersion,
  kind,
  name: providerSchema.shape.name,
  /** Name of the other provider, `vm-debian-13`. */
  from: z.string().refine(isProviderName, 'the name of a provider, such as vm-debian-13'),
  defaults: someDefaults.optional(),
  kernelArgs: kernelArgs.unwrap().optional(),
  ...(sectionsOf((section) => section.partial().optional()) as Partly),
  /** In addition. */
  packages: packages.unwrap().optional(),
  /** In addition, or in the place of what the other says of them. */
  environment: environment.unwrap().optional(),
  /** In addition. */
  check: check.unwrap().optional(),
  /** In addition. */
  warm: warm.unwrap().optional(),
});

export type ProviderConfig = z.infer<typeof providerSchema>;
export type ChildConfig = z.infer<typeof childSchema>;
export type ExtendingConfig = z.infer<typeof extendingSchema>;
export type ComponentConfig = z.infer<typeof componentSchema>;
export type ImageConfig = z.infer<typeof imageSchema>;
