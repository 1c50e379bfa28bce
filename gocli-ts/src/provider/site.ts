import { z } from 'zod';
import { GocliError } from '../errors/error.ts';
import { hostProxy, type HostProxy, isProxyAddress } from '../host/proxy.ts';
import { readUserFile } from '../host/user-file.ts';
import { inFileOrder, soundOf, throwFindings } from './finding.ts';
import { documentOf } from './provider-text.ts';
import { providerSchema, type ProviderConfig, someDefaults, variables, variableText } from './schema.ts';
import { checkBySchema } from './schema-findings.ts';

/** One line of authorized_keys without options (sshd(8)). */
const PUBLIC_KEY =
  /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) [A-Za-z0-9+/]{40,}={0,2}( \P{Cc}*)?$/u;

const address = z
  .string()
  .refine(isProxyAddress, 'the address of a proxy: http, https or socks5, over IPv4 or a name');

/** What is said of plain machines of all providers, or of one. */
const overlay = {
  defaults: someDefaults.optional(),
  environment: variables(variableText).default({}),
};

/** Schema of `site.yaml`: what is the same for all that somebody makes, and in no template. */
const siteSchema = z.strictObject({
  apiVersion: providerSchema.shape.apiVersion,
  kind: z.literal('Site'),
  /** Counts more than that of the environment. */
  proxy: z
    .strictObject({
      http: address.optional(),
      https: address.optional(),
      /** What is reached without it: `.example.com`, `10.0.0.0/8`. */
      except: z.array(z.string().regex(/^[^\s,\p{Cc}]+$/u, 'one name or network')).default([]),
    })
    .refine(({ http, https }) => (http ?? https) !== undefined, 'one of "http" and "https" is missing')
    .optional(),
  /** Public keys that open each plain machine, beside that of its rig. They are told to it when it is started. */
  keys: z.array(z.string().regex(PUBLIC_KEY, 'a public key, as a line of ~/.ssh/id_ed25519.pub')).default([]),
  ...overlay,
  /** The same for one of them, which counts more. */
  providers: z.record(z.string(), z.strictObject(overlay)).default({}),
});

/** What a site's file says. */
export type Site = z.infer<typeof siteSchema> & { readonly file: string };

/**
 * Reads the file of a site.
 * @param asked whether somebody named it, and it has to be there
 * @throws GocliError FILE, BAD_FILE with all that is wrong, each at its line
 */
export async function readSite(file: string, asked: boolean): Promise<Site | undefined> {
  const text = await readUserFile(file);
  if (text !== undefined) return parseSite(text, file);
  if (!asked) return undefined;
  throw new GocliError('FILE', `GOCLI_SITE: ${file} is not there`, {
    hint: 'Look at the path, or take the variable away: unset GOCLI_SITE',
  });
}

/** @throws GocliError BAD_FILE */
export function parseSite(text: string, file: string): Site {
  const { document, findings } = documentOf(text, file);
  throwFindings(findings);
  const { data, findings: wrong } = checkBySchema(siteSchema, document);
  return { ...soundOf(data, inFileOrder(wrong), file), file };
}

/** What a provider of plain machines is at a site; any other stays as it is. */
export function atSite(provider: ProviderConfig, site: Site | undefined): ProviderConfig {
  if (site === undefined || provider.vm === undefined) return provider;
  const own = site.providers[provider.name]?.defaults;
  const defaults = { ...provider.defaults, ...site.defaults, ...own };
  return { ...provider, defaults: providerSchema.shape.defaults.parse(defaults) };
}

/** What a site says that a variable is for a provider. */
export function variableAt(site: Site | undefined, provider: string, name: string): string | undefined {
  return site?.providers[provider]?.environment[name] ?? site?.environment[name];
}

/** The proxy that machines are told of: that of the site, or else that of the environment. */
export function proxyAt(
  site: Site | undefined,
  env: Readonly<Record<string, string | undefined>>,
): HostProxy | undefined {
  if (site?.proxy === undefined) return hostProxy(env);
  const { http, https, except } = site.proxy;
  const addresses = {
    ...(http === undefined ? {} : { HTTP_PROXY: http }),
    ...(https === undefined ? {} : { HTTPS_PROXY: https }),
  };
  return { addresses, except: except.join(',') };
}
