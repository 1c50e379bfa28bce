import { z } from 'zod';
import { GocliError } from '../../errors/error.ts';
import type { Login } from '../../place/interface.ts';
import type { Answer, Asked } from '../http.ts';
import { redact } from '../../shared/redact.ts';
import { parseJson } from '../../shared/json.ts';
import { isPrivate } from './address.ts';

/** What a registry wants of who asks it: RFC 7235, "WWW-Authenticate". */
export interface Challenge {
  readonly scheme: 'basic' | 'bearer';
  readonly parameters: Readonly<Partial<Record<string, string>>>;
}

const PARAMETER = /([a-z_]{1,40})\s*=\s*(?:"((?:[^"\\]|\\.){0,2000})"|([^\s",]{1,2000}))/gi;

/** The first challenge of a header that can be met; undefined when there is none. */
export function challengeIn(header: string): Challenge | undefined {
  const [, found, rest = ''] = /(?:^|,)\s*(basic|bearer)\b([\s\S]*)/i.exec(header) ?? [];
  if (found === undefined) return undefined;
  const parameters = [...rest.matchAll(PARAMETER)].map(
    ([, name = '', quoted, plain = '']) =>
      [name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain] as const,
  );
  // Those of a further challenge come later.
  const first = Object.fromEntries([...parameters].reverse());
  return { scheme: found.toLowerCase() === 'basic' ? 'basic' : 'bearer', parameters: first };
}

/** What a request is to be allowed: `repository:team/k8s-1.36:pull,push`. */
export type Scopes = readonly string[];

const tokenSchema = z
  .object({ token: z.string().nullish(), access_token: z.string().nullish() })
  .transform(({ token, access_token: access }) => (token ?? '') || (access ?? ''));

type Ask = (asked: Asked) => Promise<Answer>;

/**
 * Gets the header Authorization of requests to one registry, by the user's login (distribution, docs/spec/auth: "Token
 * Authentication Specification", "OAuth2 Token Authentication"; RFC 7617).
 */
export class Access {
  readonly #host: string;
  readonly #login: () => Promise<Login>;
  readonly #headers = new Map<string, string>();

  /** @param login asked for when the registry wants one, as a helper may ask its user */
  constructor(host: string, login: () => Promise<Login>) {
    this.#host = host;
    this.#login = login;
  }

  headerFor(scopes: Scopes): string | undefined {
    return this.#headers.get(scopes.join(' '));
  }

  /** Gets what a challenge asks for. @throws GocliError REGISTRY */
  async meet(challenge: Challenge, scopes: Scopes, ask: Ask): Promise<void> {
    const { auth, problem } = await this.#login();
    if (challenge.scheme === 'bearer') {
      const token = await this.#token(challenge, scopes, auth, problem, ask);
      this.#headers.set(scopes.join(' '), `Bearer ${token}`);
    } else if (auth !== undefined && 'username' in auth) {
      this.#headers.set(scopes.join(' '), basic(auth));
    } else {
      throw this.#denied('it wants a login', problem);
    }
  }

  async refused(observed: string): Promise<GocliError> {
    const { auth, problem } = await this.#login();
    return this.#denied(
      auth === undefined ? 'it wants a login' : 'it does not take the login',
      problem,
      redact(observed),
    );
  }

  async #token(
    { parameters: { realm = '', service } }: Challenge,
    scopes: Scopes,
    auth: Login['auth'],
    problem: string | undefined,
    ask: Ask,
  ): Promise<string> {
    if (!URL.canParse(realm) || !isPrivate(new URL(realm)))
      throw this.#denied('it sends for a token to where no login may be sent in the open', undefined, realm);
    const url = new URL(realm);
    const { status, body } = await ask(tokenRequest(url, service, scopes, auth));
    const token = status === 200 ? tokenSchema.safeParse(parseJson(body)).data : undefined;
    if (token !== undefined && /^[\x21-\x7e]+$/.test(token)) return token;
    throw this.#denied(
      `${url.host} gives no token for it (status ${status})`,
      problem,
      // With status 200 it may hold one all the same.
      status === 200 ? '' : redact(body.toString('utf8').slice(0, 300)),
    );
  }

  #denied(why: string, problem: string | undefined, observed = ''): GocliError {
    return new GocliError('REGISTRY', `${this.#host} cannot be used: ${why}`, {
      observed: [observed, problem ?? ''].filter((line) => line !== '').join('\n'),
      hint: `Log in with a user who may write there: docker login ${this.#host}`,
    });
  }
}

function tokenRequest(url: URL, service: string | undefined, scopes: Scopes, auth: Login['auth']): Asked {
  const refresh = auth !== undefined && 'identitytoken' in auth ? auth.identitytoken : undefined;
  const query = refresh === undefined ? url.searchParams : new URLSearchParams();
  if (service !== undefined) query.set('service', service);
  if (refresh === undefined) {
    for (const scope of scopes) query.append('scope', scope);
    const headers = auth !== undefined && 'username' in auth ? { Authorization: basic(auth) } : {};
    return { method: 'GET', url, headers };
  }
  query.set('grant_type', 'refresh_token');
  query.set('client_id', 'gocli');
  query.set('scope', scopes.join(' '));
  query.set('refresh_token', refresh);
  const body = Buffer.from(query.toString());
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': body.length };
  return { method: 'POST', url, headers, body };
}

function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
