import type { HostProxy } from '../../host/proxy.ts';
import { LABEL } from '../../place/labels.ts';
import { proxyAt } from '../../provider/site.ts';
import type { RigDeps } from '../../rig/deps.ts';
import { kindOf } from '../../rig/kind.ts';
import { defaultGuest } from '../../rig/plan.ts';
import { domainsOf, usableFrom } from '../../rig/proxy.ts';
import { besides } from '../../rig/around.ts';
import { providerFacts } from '../../provider/facts.ts';
import type { SshConnection } from '../../ssh/interface.ts';
import { toldScript } from '../../vm/told.ts';
import type { BuildPart } from './cloud-init.ts';
import type { Recipe, StepContext } from '../step.ts';
import type { BuildMachine } from './machine.ts';

/** The proxy that machines of a provider are told of while it is made; a part of no key, since nothing of it stays. */
export function proxyOf({ settings }: Pick<Recipe, 'settings'>): HostProxy | undefined {
  return settings === undefined ? undefined : proxyAt(settings.site, settings.env);
}

/**
 * Tells the machine that the image is built in of the proxy of this host or site, if it needs one: cloud-init and
 * provision.sh download, while nodes of clusters get their images from here.
 * @param parts what is to be done there
 * @param connect opens a connection; one that was there before knows of no proxy
 * @returns whether anything was told
 */
export async function tellProxy(
  context: RigDeps & Pick<StepContext, 'recipe'>,
  { containers }: Pick<BuildMachine, 'containers'>,
  parts: readonly BuildPart[],
  connect: () => Promise<SshConnection>,
  signal: AbortSignal,
): Promise<boolean> {
  const { recipe, kinds } = context;
  const downloads = recipe.build.cloudInit || parts.some(({ script }) => script !== undefined);
  const proxy = downloads ? proxyOf(recipe) : undefined;
  if (proxy === undefined) return false;
  const network = containers.find(({ labels }) => labels[LABEL.node] === undefined);
  await using node = await connect();
  const usable = await usableFrom(network?.id, proxy, context);
  if (usable === undefined) return false;
  const facts = providerFacts(recipe.provider);
  const inside = domainsOf(defaultGuest(facts, kindOf(kinds, facts)), [], kinds);
  await node.run('sh', { stdin: toldScript({ proxy: besides(usable, inside), keys: [] }), signal });
  return true;
}

/** Takes it back, before the image is made of the machine. */
export async function forgetProxy(node: SshConnection, signal: AbortSignal): Promise<void> {
  await node.run('sh', { stdin: toldScript({ keys: [] }), signal });
}
