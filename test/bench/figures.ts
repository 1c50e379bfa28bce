/** One timed step. */
export interface Step {
  readonly id: string;
  readonly title: string;
  readonly seconds: number;
}

/** Everything one run of the benchmark measured; times in seconds. */
export interface Figures {
  readonly version: 1;
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly memoryBytes: number;
    readonly kernel: string;
    readonly docker: string;
    readonly accelerator: string;
  };
  readonly date: string;
  readonly help: number;
  readonly ls: number;
  readonly removal: number;
  readonly coldStarts: readonly { readonly seconds: number; readonly steps: readonly Step[] }[];
  readonly provisioning: {
    readonly unchanged: number;
    readonly provisionScript: number;
    readonly steps: readonly Step[];
  };
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
  const memory = (machine.memoryBytes / 1024 ** 3).toFixed(0);
  const rows: [string, string][] = [
    ['`gocli --help`', seconds(figures.help)],
    ['`gocli ls`', seconds(figures.ls)],
    [
      `cold start of one node until Ready is proven, median of ${coldStarts.length.toFixed(0)}`,
      seconds(median(coldStarts.map((one) => one.seconds))),
    ],
    ...stepRows(coldStarts),
    ['`gocli rm`', seconds(figures.removal)],
    ['provisioning, nothing changed', seconds(provisioning.unchanged)],
    ['provisioning after a change of `provision.sh`', seconds(provisioning.provisionScript)],
    ['provider image, compressed', `${(figures.imageBytes / 1e6).toFixed(0)} MB`],
  ];
  const table = [
    '| figure | measured |',
    '|---|---|',
    ...rows.map(([what, value]) => `| ${what} | ${value} |`),
  ];
  const where = `Measured ${figures.date.slice(0, 10)} on ${machine.cores.toFixed(0)} cores (${machine.processor}), ${memory} GiB, Linux ${machine.kernel}, Docker ${machine.docker}, ${machine.accelerator}. Repeat with \`make bench\`; all values are in \`test/bench/results/latest.json\`.`;
  return `${where}\n\n${table.join('\n')}\n`;
}

function stepRows(starts: Figures['coldStarts']): [string, string][] {
  return (starts[0]?.steps ?? []).map(({ id, title }) => {
    const times = starts.flatMap(({ steps }) =>
      steps.filter((step) => step.id === id).map((step) => step.seconds),
    );
    return [`&nbsp;&nbsp;of it: ${title}`, seconds(median(times))];
  });
}

function seconds(value: number): string {
  return value < 10 ? `${value.toFixed(2)} s` : `${value.toFixed(0)} s`;
}
