import { resolve } from 'node:path';
import { pathFrom } from '../host/paths.ts';
import { exportLogs, type LogExport } from '../rig/logs/export.ts';
import { tailLogs, type LogTail } from '../rig/logs/tail.ts';
import { chooseAwake, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';

export interface TailRequest extends RigChoice {
  /** Only this node. */
  readonly node?: string | undefined;
  /** Lines of each log; 50 unless told. */
  readonly lines?: number | undefined;
}

export interface TailResult {
  readonly logs: readonly LogTail[];
}

export interface ExportRequest extends RigChoice {
  /** Folder to write to; it is made when it is not there. */
  readonly folder: string;
}

export interface ExportResult extends LogExport {
  /** The absolute path. */
  readonly folder: string;
}

const LINES = 50;

/** The end of a rig's logs, secrets masked. @throws GocliError BAD_VALUE, NOT_FOUND, NOT_READY */
export async function tail(request: TailRequest, context: Context): Promise<TailResult> {
  const found = await chooseAwake(request, context);
  return { logs: await tailLogs(found, request.node, request.lines ?? LINES, context) };
}

/**
 * Writes everything that is needed to find out what went wrong with a rig, secrets masked. What cannot be had is among
 * the failures, and no error.
 * @throws GocliError BAD_VALUE, NOT_FOUND, NOT_READY
 */
export async function exportTo(request: ExportRequest, context: Context): Promise<ExportResult> {
  const found = await chooseAwake(request, context);
  const folder = resolve(pathFrom(context.cwd, request.folder));
  return { folder, ...(await exportLogs(found, folder, context)) };
}
