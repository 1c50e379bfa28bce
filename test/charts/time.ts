import type { ExecutionContext } from 'ava';
import { until, type Deployed } from './deployed.ts';

/** The clock of the node by a mounted file, and any other by a zone's file or name. */
export async function localtime(t: ExecutionContext, { said, onNode }: Deployed): Promise<void> {
  const [node, kolkata, zones] = await said('clock', 'node', 'kolkata', 'zones');
  t.deepEqual(node, (await onNode('sha256sum </etc/localtime; date +%z')).trim().split('\n'));
  t.deepEqual(kolkata, ['+0530']);
  t.regex(zones?.join() ?? '', /^\+1[23]00$/);
}

/** It is made late by one run: five minutes ago was its time in Berlin. In any other zone that is hours away. */
export async function cronJob(t: ExecutionContext, { kubectl, wait }: Deployed): Promise<void> {
  const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);
  const due = minutesAgo(5);
  const berlin = { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' } as const;
  const [hour, minute] = new Intl.DateTimeFormat('en-GB', berlin).format(due).split(':').map(Number);
  const patch = (object: object, ...flags: string[]): Promise<string> =>
    kubectl('patch', 'cronjob', 'berlin', '--type=merge', '-p', JSON.stringify(object), ...flags);
  // In this order: after a change of the schedule the controller looks again when that is next due, after one of the
  // status at once (k8s.io/kubernetes, pkg/controller/cronjob, updateCronJob).
  await patch({ spec: { suspend: false, schedule: `${String(minute)} ${String(hour)} * * *` } });
  await patch({ status: { lastScheduleTime: minutesAgo(10).toISOString() } }, '--subresource=status');
  const annotation = String.raw`batch\.kubernetes\.io/cronjob-scheduled-timestamp`;
  const made = await until('the CronJob makes a job', async () => {
    const path = `jsonpath={range .items[*]}{.metadata.name} {.metadata.annotations.${annotation}}{end}`;
    const [name, when] = (await kubectl('get', 'jobs', '-o', path)).split(' ');
    return name === undefined || when === undefined || when === '' ? undefined : { name, when };
  });
  t.regex(made.when, /\+0[12]:00$/);
  t.is(Date.parse(made.when), Math.floor(due.getTime() / 60_000) * 60_000);
  await wait(`job/${made.name}`, 'condition=Complete');
}
