import { GocliError, isCode, messageOf } from '../errors/error.ts';
import type { MachineHandle } from '../frozen/migration.ts';
import type { HostProxy } from '../host/proxy.ts';
import { estimatedSteps } from '../host/timings.ts';
import { Agent } from '../machine/agent.ts';
import { LABEL } from '../place/labels.ts';
import { allOf } from '../shared/all.ts';
import { redact } from '../shared/redact.ts';
import { lastLines } from '../shared/text.ts';
import { inTime } from '../waiting/in-time.ts';
import { type RigDeps, notice } from './deps.ts';
import { rigId } from './identity.ts';
import { keepState } from './keep-state.ts';
import { type Kind, kindOf, type Told, type ToldFacts } from './kind.ts';
import { isAside } from './names.ts';
import { machinesIn, partOf } from './parts.ts';
import type { GuestPlan } from './plan.ts';
import { domainsOf, type Names, usableFrom } from './proxy.ts';
import type { RigState } from './state.ts';

/** Milliseconds for one guest to take it over: a unit starts anew, under emulation in some seconds, on a busy host in many. */
const TELL_MS = 300_000;

/** What is around a rig and may be another at each start: nothing of its plan. */
export interface Around {
  /** Of this host or its site. */
  readonly proxy?: HostProxy | undefined;
  /** Public keys of the site's users. */
  readonly keys?: readonly string[] | undefined;
}

/** Whether guests of a new rig may come to know of something. It is written down before they do, with all else of the rig. */
export function mayBeTold(guest: GuestPlan, { proxy, keys = [] }: Around, kinds: readonly Kind[]): boolean {
  const text = kindOf(kinds, guest).told?.render({ keys, ...(proxy === undefined ? {} : { proxy }) }) ?? '';
  return text !== '';
}

/**
 * Tells the guests of a Ready rig what is around it now: which proxy there is, perhaps none any more, and whose keys open
 * them. That is nothing of its plan: it changes with the network that a laptop is in, it may hold a password, and no
 * template has to be made for it. What cannot be told is a warning; the rig is Ready without. Guests that know of
 * nothing, which most do, are not asked.
 * @param names finds addresses of the proxy's name
 * @returns the state, which says whether they may know of anything
 * @throws GocliError the signal's reason
 */
export async function tellAround(
  state: RigState,
  { proxy, keys = [] }: Around,
  deps: RigDeps,
  names?: Names,
): Promise<RigState> {
  const { told } = kindOf(deps.kinds, state.plan.guest);
  const mayKnow = state.proxied === true;
  if (told === undefined || !(mayKnow || mayBeTold(state.plan.guest, { proxy, keys }, deps.kinds)))
    return state;
  let now = state;
  try {
    const containers = await deps.docker.containers.list({ [LABEL.cluster]: rigId(state.plan.host) });
    const network = partOf(containers, 'dnsmasq')?.id;
    const usable = proxy === undefined ? undefined : await usableFrom(network, proxy, deps, names);
    const inside = domainsOf(state.plan.guest, told.domains, deps.kinds);
    const facts = { keys, ...(usable === undefined ? {} : { proxy: besides(usable, inside) }) };
    const text = told.render(facts);
    if (text === '' && !mayKnow) return state;
    // Whatever ends this in between, what they may know is taken back some time.
    if (!mayKnow) now = await keepState({ ...state, proxied: true }, deps);
    const steps = await estimatedSteps(deps, undefined);
    const changed = await steps.run('tell', 'Telling the machines what is around them', () =>
      allOf(
        machinesIn({ containers: containers.filter((one) => !isAside(one)) }).map((machine) =>
          tell(machine, told, facts, deps),
        ),
      ),
    );
    if (changed.includes(true)) notice(deps, told.said(facts));
    if (text === '') now = await keepState(knowingNothing(now), deps);
  } catch (error) {
    deps.signal.throwIfAborted();
    const seen = error instanceof GocliError ? error.observed : undefined;
    const text = `${told.untold}: ${messageOf(error)}${seen === undefined ? '' : ` (${seen.replaceAll('\n', '; ')})`}. Once that is mended: stop and start ${state.name}.`;
    notice(deps, text, 'warning');
  }
  return now;
}

/** A proxy, and all that is reached without it. */
export function besides({ addresses, except }: HostProxy, inside: readonly string[]): HostProxy {
  const users = except.split(/[\s,]+/).filter((one) => one !== '');
  // curl heeds it where nothing else is said.
  const all = users.includes('*') ? ['*'] : [...new Set([...users, ...inside])];
  return { addresses, except: all.join(',') };
}

function knowingNothing(state: RigState): RigState {
  const rest = { ...state };
  delete rest.proxied;
  return rest;
}

/** @returns whether there was anything new to tell. Most have nothing, and nothing is started in them. */
async function tell(
  { container, node }: MachineHandle,
  told: Told,
  facts: ToldFacts,
  deps: RigDeps,
): Promise<boolean> {
  const { docker, clock, signal } = deps;
  return inTime(`${node} is told what is around`, { signal, timeoutMs: TELL_MS }, async (bounded) => {
    await using agent = await Agent.open(docker, container, node, bounded);
    const before = await agent.readFile(told.file, bounded).catch((error: unknown) => {
      if (isCode(error, 'REMOTE_COMMAND')) return '';
      throw error;
    });
    if (before === told.render(facts)) return false;
    const { argv, input } = told.command(facts);
    const { exitCode, stdout, stderr } = await agent.run(argv, clock, bounded, input);
    if (exitCode !== 0)
      throw new GocliError(
        'REMOTE_COMMAND',
        `${told.subject} of ${node} did not start with it (code ${exitCode})`,
        stderr.trim() === '' ? {} : { observed: redact(lastLines(stderr, 5)) },
      );
    if (stdout.trim() !== '') notice(deps, `${node}: ${stdout.trim()}`, 'warning');
    return true;
  });
}
