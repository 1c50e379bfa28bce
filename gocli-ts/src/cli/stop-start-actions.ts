import type { EachRigResult } from '../api/each-rig.ts';
import { pause } from '../api/pause.ts';
import { resume } from '../api/resume.ts';
import { start, START_OPTIONS, type StartRequest } from '../api/start.ts';
import { stop } from '../api/stop.ts';
import { inputsOf } from './option-flags.ts';
import { clusterOf } from './options.ts';
import { writeDone, writeResult } from './render/output.ts';
import type { Session } from './session.ts';

interface ChoiceArguments {
  readonly cluster?: string | undefined;
  readonly name?: string | undefined;
  readonly all: boolean;
}

export async function stopAction(args: ChoiceArguments, session: Session): Promise<number> {
  return write('Stopped', stop(requestOf(args), session), session);
}

export async function startAction(
  args: ChoiceArguments & Readonly<Record<string, unknown>>,
  session: Session,
): Promise<number> {
  const request: StartRequest = { ...requestOf(args), ...inputsOf(START_OPTIONS, args) };
  return write('Started', start(request, session), session);
}

export async function pauseAction(args: ChoiceArguments, session: Session): Promise<number> {
  return write('Paused', pause(requestOf(args), session), session);
}

export async function resumeAction(args: ChoiceArguments, session: Session): Promise<number> {
  return write('Resumed', resume(requestOf(args), session), session);
}

function requestOf(args: ChoiceArguments) {
  return { name: clusterOf(args), all: args.all };
}

async function write(done: string, work: Promise<EachRigResult>, session: Session): Promise<number> {
  await writeDone(work, ({ clusters, seconds }) => {
    writeResult(session, {
      data: { clusters, seconds },
      names: clusters,
      text:
        clusters.length === 0
          ? 'There is no such cluster.\n'
          : clusters.map((name) => `${done} cluster ${name}.\n`).join(''),
    });
  });
  return 0;
}
