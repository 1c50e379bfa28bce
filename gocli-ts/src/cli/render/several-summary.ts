import type { RunSeveralResult } from '../../api/run-several.ts';
import { gocliCommand } from '../../shared/command.ts';
import { formatSeconds } from '../../shared/text.ts';
import type { Session } from '../session.ts';
import { writeResult } from './output.ts';
import { renderTable } from './table.ts';

/** What `gocli run --count` prints: each rig, how it is reached, and what it took. */
export function writeSeveralSummary({ rigs, seconds }: RunSeveralResult, session: Session): void {
  const rows = rigs.map(({ state, started, seconds: own }) => ({
    name: state.name,
    started,
    seconds: own,
    template: state.template ?? null,
    ports: state.ports,
  }));
  const table = renderTable([
    ['NAME', 'SSH PORT', 'READY AFTER'],
    ...rows.map(({ name, started, seconds: own, ports }) => [
      name,
      String(ports['2201/tcp'] ?? '-'),
      started ? formatSeconds(own) : 'ran already',
    ]),
  ]);
  const [first] = rows;
  const next = first === undefined ? '' : `\nNext:\n  ${gocliCommand('ssh', first.name, 'node01')}\n`;
  writeResult(session, {
    data: { rigs: rows, seconds },
    names: rows.map(({ name }) => name),
    text: `${rows.length} rigs are Ready after ${formatSeconds(seconds)}.\n\n${table}${session.typed(next)}`,
  });
}
