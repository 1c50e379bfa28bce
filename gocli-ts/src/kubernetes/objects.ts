import { z } from 'zod';

/** The few fields of Kubernetes objects that conditions look at; everything else is passed over. */
const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
});
const meta = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  resourceVersion: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
});

export const nodeListSchema = z.object({
  items: z.array(
    z.object({
      metadata: meta,
      spec: z.object({ podCIDR: z.string().optional() }).default({}),
      status: z.object({
        conditions: z.array(condition).default([]),
        nodeInfo: z.object({ kubeletVersion: z.string(), containerRuntimeVersion: z.string() }).optional(),
      }),
    }),
  ),
});

export const deploymentListSchema = z.object({
  items: z.array(
    z.object({
      metadata: meta,
      spec: z.object({ replicas: z.int().default(1) }),
      status: z.object({ availableReplicas: z.int().default(0) }).default({ availableReplicas: 0 }),
    }),
  ),
});

export const podListSchema = z.object({
  items: z.array(
    z.object({
      metadata: meta,
      status: z.object({
        phase: z.string().default('Unknown'),
        containerStatuses: z
          .array(
            z.object({
              name: z.string(),
              ready: z.boolean(),
              restartCount: z.int(),
              state: z
                .object({
                  waiting: z
                    .object({ reason: z.string().default(''), message: z.string().default('') })
                    .optional(),
                })
                .default({}),
            }),
          )
          .default([]),
      }),
    }),
  ),
});

/** True when the condition of that type has status "True". */
export function isTrue(conditions: readonly { type: string; status: string }[], type: string): boolean {
  return conditions.some((one) => one.type === type && one.status === 'True');
}
