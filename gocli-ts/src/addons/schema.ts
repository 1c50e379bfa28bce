import { z } from 'zod';

/** As in names of objects and of flags. */
const name = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'lower-case letters and digits, with "-" between them');

/** A value that a user may set; where it goes stands as `${name}` in the manifests. */
const optionSchema = z.strictObject({
  type: z.enum(['integer', 'string']),
  describe: z.string(),
  default: z.union([z.int(), z.string()]),
  /** Of an integer. */
  minimum: z.int().optional(),
  maximum: z.int().optional(),
  /** Another such option, which it may not be less than. */
  atLeast: name.optional(),
  /** Of a string: a regular expression that all of it has to match, */
  pattern: z.string().optional(),
  /** and how that is told to users. */
  example: z.string().optional(),
});

const imageSchema = z.strictObject({
  /** Full name with tag, as the manifests ask for it. */
  name: z
    .string()
    .regex(/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+:[A-Za-z0-9._-]+$/, 'a full name, registry/path:tag'),
  /** Programs in it, of those that the folder's go.mod names as tools; it runs the first. */
  programs: z.array(z.string()).min(1),
});

/** Kinds of objects that say themselves when they are as they should be. */
export const AWAITED = ['APIService', 'CustomResourceDefinition', 'DaemonSet', 'Deployment'] as const;

const conditionSchema = z.strictObject({
  kind: z.enum(AWAITED, `one of ${AWAITED.join(', ')}`),
  namespace: z.string().optional(),
  name: z.string(),
});

/** Schema of `addon.yaml`. Unknown keys are refused with file, line, column and the nearest valid one. */
export const addonSchema = z.strictObject({
  apiVersion: z.literal('gocli.io/v1'),
  kind: z.literal('Addon'),
  /** That of the folder. */
  name,
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'a version such as 0.8.0, in quotes if need be'),
  /** One line for lists. */
  summary: z.string(),
  /** Comes with each cluster of a provider, which has its manifests; it is neither enabled nor disabled. */
  builtIn: z.boolean().default(false),
  /** Addons that have to be there before it. */
  needs: z.array(name).default([]),
  /** Images that its manifests ask for; they are built from the go.mod beside this file. */
  images: z.array(imageSchema).default([]),
  /** What is waited for beside the objects of its own that can be waited for. */
  conditions: z.array(conditionSchema).default([]),
  options: z.record(name, optionSchema).default({}),
  /** Shell script that takes away what its programs leave on a node; runs there when it was disabled. */
  cleanUp: z.string().optional(),
});

export type AddonConfig = z.infer<typeof addonSchema>;
export type AddonOption = z.infer<typeof optionSchema>;
export type AwaitedKind = (typeof AWAITED)[number];
