import { z } from 'zod';

/** A schema as far as manifests are compared with it (OpenAPI 2.0, as in api/openapi-spec/swagger.json of Kubernetes). */
export interface ApiSchema {
  readonly $ref?: string | undefined;
  readonly type?: string | undefined;
  readonly format?: string | undefined;
  readonly properties?: Readonly<Record<string, ApiSchema>> | undefined;
  readonly additionalProperties?: ApiSchema | boolean | undefined;
  readonly items?: ApiSchema | undefined;
  readonly required?: readonly string[] | undefined;
}

const apiSchema: z.ZodType<ApiSchema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.string().optional(),
    format: z.string().optional(),
    properties: z.record(z.string(), apiSchema).optional(),
    additionalProperties: z.union([apiSchema, z.boolean()]).optional(),
    items: apiSchema.optional(),
    required: z.array(z.string()).optional(),
  }),
);

const kinds = z.array(z.object({ group: z.string(), kind: z.string(), version: z.string() })).optional();
const fileSchema = z.object({ definitions: z.record(z.string(), z.record(z.string(), z.unknown())) });

/** The objects that one version of Kubernetes knows. */
export interface ApiDefinitions {
  /** Schema of a definition, by its name. */
  definition(name: string): ApiSchema | undefined;
  /** Name of the definition of a kind, by `apps/v1 Deployment`. */
  readonly kinds: ReadonlyMap<string, string>;
}

/** @throws whatever zod throws for what is no such file */
export function parseOpenApi(text: string): ApiDefinitions {
  const { definitions } = fileSchema.parse(JSON.parse(text));
  const names = new Map<string, string>();
  for (const [name, definition] of Object.entries(definitions)) {
    const known = kinds.parse(definition['x-kubernetes-group-version-kind']) ?? [];
    // Options of a request, such as DeleteOptions, are of every group at once, and no object.
    const [only] = known;
    if (known.length !== 1 || only === undefined) continue;
    const apiVersion = only.group === '' ? only.version : `${only.group}/${only.version}`;
    names.set(`${apiVersion} ${only.kind}`, name);
  }
  return {
    kinds: names,
    definition: (name) => {
      const found = definitions[name];
      return found === undefined ? undefined : apiSchema.parse(found);
    },
  };
}
