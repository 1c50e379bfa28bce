import { resolve } from 'node:path';
import { pathFrom } from '../host/paths.ts';
import { kubeconfigFiles, mergeIntoFiles } from '../kubernetes/kubeconfig-file.ts';
import { kubeconfigPath, readKubeconfig } from '../kubernetes/state-file.ts';
import { chooseCluster, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';

export interface KubeconfigResult {
  readonly name: string;
  /** Where the rig's own kubeconfig lies. */
  readonly path: string;
  /** Its content, with the keys of an administrator. */
  readonly text: string;
}

export interface MergeRequest extends RigChoice {
  /** File to merge into; where kubectl would write unless told. */
  readonly file?: string | undefined;
}

export interface MergeResult {
  /** Where the current context was written. */
  readonly file: string;
}

/** The kubeconfig of a rig that runs. @throws GocliError BAD_VALUE, NOT_FOUND, NOT_READY */
export async function show(request: RigChoice, context: Context): Promise<KubeconfigResult> {
  const { name } = (await chooseCluster(request, context)).state;
  const text = await readKubeconfig(context.paths, name);
  return { name, path: kubeconfigPath(context.paths, name), text };
}

/**
 * Makes a rig the current context of a kubeconfig of the user.
 * @throws GocliError what {@link show} throws, and BAD_FILE, CONFLICT (something else has the name), LOCKED
 */
export async function merge(request: MergeRequest, context: Context): Promise<MergeResult> {
  const { name, text } = await show(request, context);
  const { env, cwd } = context;
  const files =
    request.file === undefined ? kubeconfigFiles(env, cwd) : [resolve(pathFrom(cwd, request.file))];
  return { file: await mergeIntoFiles(files, text, name, context) };
}
