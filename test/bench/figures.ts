import { formatSeconds } from '../../gocli-ts/src/shared/text.ts';

/** One timed step. */
export interface Step {
  readonly id: string;
  readonly title: string;
  readonly seconds: number;
}

/** A provisioning up to the sealed disk; steps run beside each other. */
export interface Provisioning {
  readonly seconds: number;
  readonly steps: readonly Step[];
}

/** The phases of the published benchmark, in seconds; the application image is in the node already. */
export interface TimeToK8s {
  readonly command: number;
  readonly api: number;
  readonly service: number;
  readonly dnsService: number;
  readonly app: number;
  readonly dns: number;
  /** Of the whole machine, meanwhile. */
  readonly cpuPercent: number;
}

/** What was measured of clusters, in one run; times in seconds. */
export interface ClusterFigures {
  /** When it was over. */
  readonly date: string;
  /** Of the cold starts, with the reason why it was chosen. */
  readonly accelerator: string;
  readonly removal: number;
  /** Wall clock of `make cluster-up` with a template. */
  readonly thaws: readonly number[];
  /** From the start of qemu until the guest runs, within them. */
  readonly resume: number;
  readonly threeNodes?: number | undefined;
  /** Cores that an idle cluster of one node takes. */
  readonly idleCores: number;
  /** Bytes (PSS) of one cluster that was started cold, and of two thawed ones together. */
  readonly memory: { readonly cold: number; readonly twoThawed: number };
  readonly timeToK8s: readonly TimeToK8s[];
  readonly coldStarts: readonly { readonly seconds: number; readonly steps: readonly Step[] }[];
}

/** Everything that the benchmark measured. */
export interface Figures extends ClusterFigures {
  readonly version: 1;
  /** Seconds of `gocli --help` and `gocli ls`. */
  readonly help: number;
  readonly ls: number;
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly memoryBytes: number;
    readonly kernel: string;
    readonly docker: string;
  };
  readonly provisioning: {
    /** With no result, no Go module and no compiled package there before. */
    readonly empty: Provisioning;
    readonly unchanged: number;
    readonly provisionScript: number;
    readonly steps: readonly Step[];
  };
  readonly snapshot: { readonly create: number; readonly restore: number };
  readonly stopStart: { readonly stop: number; readonly start: number };
  readonly imageBytes: number;
}

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  const lower = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return (upper + lower) / 2;
}

/** The table of README.md. */
export function readmeTable(figures: Figures): string {
  const { machine, coldStarts, provisioning } = figures;
  const cold = median(coldStarts.map((one) => one.seconds));
  const thaw = median(figures.thaws);
  const memory = (machine.memoryBytes / 1024 ** 3).toFixed(0);
  const rows: [string, string][] = [
    ['`gocli --help`', seconds(figures.help)],
    ['`gocli ls`', seconds(figures.ls)],
    [
      `cold start of one node until Ready is proven, median of ${coldStarts.length.toFixed(0)}`,
      seconds(cold),
    ],
    ...stepRows(coldStarts),
    [
      '**`make cluster-up` with a template, until Ready is proven**, median of ' +
        String(figures.thaws.length),
      seconds(thaw),
    ],
    ['&nbsp;&nbsp;the same / cold start', `1/${(cold / thaw).toFixed(0)}`],
    ['&nbsp;&nbsp;of it: loading the state until the guest runs', seconds(figures.resume)],
    ...(figures.threeNodes === undefined
      ? []
      : ([['three nodes, thawed / one node', (figures.threeNodes / thaw).toFixed(2)]] as [string, string][])),
    [
      '`gocli snapshot create` / `restore`, one node',
      pair(figures.snapshot.create, figures.snapshot.restore),
    ],
    ['`gocli stop` / `start`, one node', pair(figures.stopStart.stop, figures.stopStart.start)],
    [
      'memory of two thawed clusters / twice that of one started cold',
      (figures.memory.twoThawed / (2 * figures.memory.cold)).toFixed(2),
    ],
    ['idle cluster of one node', `${figures.idleCores.toFixed(2)} cores`],
    [
      'time-to-k8s, thawed, application image in the node: total (command + app running + DNS)',
      totalsOf(figures.timeToK8s),
    ],
    ['`gocli rm`', seconds(figures.removal)],
    ...emptyRows(provisioning.empty),
    ['provisioning, nothing changed', seconds(provisioning.unchanged)],
    ['provisioning after a change of `provision.sh`', seconds(provisioning.provisionScript)],
    ['provider image, compressed', `${(figures.imageBytes / 1e6).toFixed(0)} MB`],
  ];
  const table = [
    '| figure | measured |',
    '|---|---|',
    ...rows.map(([what, value]) => `| ${what} | ${value} |`),
  ];
  const where = `Measured ${figures.date.slice(0, 10)} on ${machine.cores.toFixed(0)} cores (${machine.processor}), ${memory} GiB, Linux ${machine.kernel}, Docker ${machine.docker}, ${figures.accelerator}. Repeat with \`make bench\`; all values are in \`test/bench/results/latest.json\`.`;
  return `${where}\n\n${table.join('\n')}\n`;
}

function pair(first: number, second: number): string {
  return `${seconds(first)} / ${seconds(second)}`;
}

function totalsOf(runs: readonly TimeToK8s[]): string {
  const middle = (of: (run: TimeToK8s) => number): number => median(runs.map(of));
  const total = middle((run) => phasesOf(run).reduce((sum, one) => sum + one, 0));
  const parts = [middle((run) => run.command), middle((run) => run.app), middle((run) => run.dns)];
  return `${seconds(total)} (${parts.map(seconds).join(' + ')})`;
}

function phasesOf({ command, api, service, dnsService, app, dns }: TimeToK8s): number[] {
  return [command, api, service, dnsService, app, dns];
}

/** The same columns as the published results. */
export function timeToK8sCsv(
  runs: readonly TimeToK8s[],
  date: string,
  version: string,
  provider: string,
): string {
  const head =
    'name,args,platform,iteration,time,version,exitcode,error,command exec (seconds),apiserver answering (seconds),kubernetes svc (seconds),dns svc (seconds),app running (seconds),dns answering (seconds),cpu %,total duration (seconds),cpu time (seconds)';
  const args = `"run ${provider} (thawed; application image in the node)"`;
  const rows = runs.map((run, at) => {
    const phases = phasesOf(run);
    const total = phases.reduce((sum, one) => sum + one, 0);
    const numbers = [...phases, run.cpuPercent, total, (total * run.cpuPercent) / 100];
    const fixed = numbers.map((one) => one.toFixed(3));
    return ['gocli', args, 'linux/amd64', String(at + 1), date, version, '0', '', ...fixed].join();
  });
  return `${[head, ...rows].join('\n')}\n`;
}

function stepRows(starts: Figures['coldStarts']): [string, string][] {
  return (starts[0]?.steps ?? []).map(({ id, title }) => {
    const times = starts.flatMap(({ steps }) =>
      steps.filter((step) => step.id === id).map((step) => step.seconds),
    );
    return [`&nbsp;&nbsp;of it: ${title}`, seconds(median(times))];
  });
}

function emptyRows(empty: Provisioning): [string, string][] {
  return [
    ['provisioning from empty caches, steps beside each other', seconds(empty.seconds)],
    ...empty.steps.map((step): [string, string] => [
      `&nbsp;&nbsp;of it: ${step.title}`,
      seconds(step.seconds),
    ]),
  ];
}

function seconds(value: number): string {
  if (value >= 100) return formatSeconds(value);
  return `${value.toFixed(value < 10 ? 2 : 1)} s`;
}
