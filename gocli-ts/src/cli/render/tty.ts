import { createLogUpdate } from 'log-update';
import { redact } from '../../shared/redact.ts';
import { formatSeconds } from '../../shared/text.ts';
import type { TerminalOut } from '../session.ts';
import { follow, lineOf, type Progress, type Running } from './progress.ts';

/** Four redraws a second: enough for a clock that counts tenths, and nothing beside a compiler. */
const REDRAW_MS = 250;

/** Finished steps scroll up; running ones stand below with their time, their estimate and what they do. */
export function ttyProgress(stream: TerminalOut, verbose: boolean): Progress {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- it writes, and asks for columns and rows; its type asks for a whole terminal
  const draw = createLogUpdate(stream as NodeJS.WriteStream);
  const running = new Map<string, Running>();
  const redraw = (): void => {
    draw([...running.values()].map((step) => runningLine(step, stream.columns ?? 80)).join('\n'));
  };
  const timer = setInterval(redraw, REDRAW_MS);
  timer.unref();
  return {
    sink: (event) => {
      follow(running, event);
      const line =
        event.type === 'step-start' || event.type === 'step-progress' ? undefined : lineOf(event, verbose);
      if (line !== undefined) {
        draw.clear();
        stream.write(redact(`${line}\n`));
      }
      redraw();
    },
    close: () => {
      clearInterval(timer);
      draw.clear();
      draw.done();
    },
  };
}

function runningLine({ title, since, estimate, detail }: Running, columns: number): string {
  const passed = formatSeconds((performance.now() - since) / 1000);
  const time = estimate === undefined ? passed : `${passed} of about ${formatSeconds(estimate)}`;
  const line = ` • ${title}  ${time}${detail === '' ? '' : `  ${detail}`}`;
  return line.length > columns ? `${line.slice(0, columns - 1)}…` : line;
}
