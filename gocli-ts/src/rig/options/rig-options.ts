import { containerOrg } from './container-org.ts';
import { containerRegistry } from './container-registry.ts';
import { containerSuffix } from './container-suffix.ts';
import { cpu } from './cpu.ts';
import { diskSize } from './disk-size.ts';
import { fresh } from './fresh.ts';
import { keepOnFailure } from './keep-on-failure.ts';
import { kernelArgs } from './kernel-args.ts';
import { memory } from './memory.ts';
import { name } from './name.ts';
import { network } from './network.ts';
import { nodes } from './nodes.ts';
import { pool, poolUse } from './pool.ts';
import { provision } from './provision.ts';
import { publish } from './publish.ts';
import { snapshot } from './snapshot.ts';
import { template } from './template.ts';
import { templateBudget } from './template-budget.ts';
import { timeout } from './timeout.ts';
import { ttl, ttlEvidence } from './ttl.ts';

/** Options of rigs of every kind, in the order of the help text. A new one is a file and a line here. */
export const RIG_OPTIONS = {
  name,
  nodes,
  memory,
  cpu,
  kernelArgs,
  diskSize,
  network,
  publish,
  ttl,
  ttlEvidence,
  containerRegistry,
  containerOrg,
  containerSuffix,
  provision,
  keepOnFailure,
  template,
  snapshot,
  fresh,
  pool,
  timeout,
  templateBudget,
  poolUse,
} as const;
