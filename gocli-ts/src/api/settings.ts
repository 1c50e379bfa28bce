import { isCode } from '../errors/error.ts';
import { isThere } from '../host/atomic-files.ts';
import { siteFile } from '../host/paths.ts';
import { hostProxy } from '../host/proxy.ts';
import type { Settings } from '../provider/settings.ts';
import type { Around } from '../rig/around.ts';
import type { Context } from './context.ts';

type Place = Pick<Context, 'env' | 'cwd'>;

/**
 * What providers are made with, beside their files. What reads the file of a site is loaded only where there is one.
 * @throws GocliError FILE, BAD_FILE with all that is wrong with the file of the site, BAD_VALUE
 */
export async function readSettings({ env, cwd }: Place): Promise<Settings> {
  const where = siteFile(env, cwd);
  if (where === undefined || !(where.asked || (await isThere(where.file)))) return { env };
  const { readSite } = await import('../provider/site.ts');
  return { env, site: await readSite(where.file, where.asked) };
}

/** The same where nothing is made: of a site that cannot be read it tells, and goes on without. */
export async function settingsOrNotice({ emit, ...place }: Place & Pick<Context, 'emit'>): Promise<Settings> {
  try {
    return await readSettings(place);
  } catch (error) {
    if (!isCode(error, 'FILE') && !isCode(error, 'BAD_FILE') && !isCode(error, 'BAD_VALUE')) throw error;
    emit({ type: 'notice', level: 'warning', text: `Goes on without the site: ${error.message}` });
    return { env: place.env };
  }
}

/** What is around a rig that is started now. @throws GocliError as {@link readSettings} */
export async function aroundNow(place: Place): Promise<Around> {
  const { site, env } = await readSettings(place);
  if (site === undefined) return { proxy: hostProxy(env) };
  const { proxyAt } = await import('../provider/site.ts');
  return { proxy: proxyAt(site, env), keys: site.keys };
}
