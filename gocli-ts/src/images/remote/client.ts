import { GocliError, isCode } from '../../errors/error.ts';
import type { Login } from '../../place/interface.ts';
import type { Clock } from '../../shared/clock.ts';
import { redact } from '../../shared/redact.ts';
import { formatSeconds, lastLines } from '../../shared/text.ts';
import { inTime } from '../../waiting/in-time.ts';
import { Http, type Answer, type Asked } from '../http.ts';
import { Access, challengeIn, type Scopes } from './access.ts';
import { isPrivate } from './address.ts';

export interface RemoteDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The user's login at the registry. */
  readonly login: () => Promise<Login>;
  /** Is told why it takes longer. */
  readonly tell: (message: string) => void;
}

/** A request, and what it needs to be allowed. */
export interface Wanted extends Omit<Asked, 'body'> {
  readonly scopes: Scopes;
  /** It may have to be sent again. */
  readonly body?: Buffer;
}

/** An answer, or why there is none. */
export type Outcome = Answer | GocliError;

/** Tries of one thing, of which each but the first comes after a pause. */
const TRIES = 6;
/** Milliseconds of the first pause; each further one is twice as long. */
const FIRST_PAUSE_MS = 500;
/** Milliseconds that are waited at most, whatever the registry asks for. */
const LONGEST_PAUSE_MS = 60_000;
/** Milliseconds for an answer, a piece of a layer sent meanwhile at 0.5 Mbit/s. */
const ANSWER_MS = 300_000;
/** Answers that name another place. */
export const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** How often one request is sent on. */
const MOST_HOPS = 5;
/** Too many requests, and what proxies and servers say that are restarted (RFC 9110, RFC 6585). */
const TRANSIENT = [408, 429, 500, 502, 503, 504];

/**
 * Asks a registry of somebody else: with the user's login where it wants one, and again where that may help. It does not
 * know what is asked.
 */
export class RemoteClient implements Disposable {
  readonly host: string;
  readonly origin: URL;
  readonly signal: AbortSignal;
  readonly #deps: RemoteDeps;
  readonly #http: Http;
  readonly #access: Access;
  #hasAnswered = false;

  /** @param ca authorities that are trusted, PEM; the usual ones unless told */
  constructor(host: string, origin: URL, ca: readonly string[] | undefined, deps: RemoteDeps) {
    this.host = host;
    this.origin = origin;
    this.signal = deps.signal;
    this.#deps = deps;
    this.#http = new Http(host, ca);
    this.#access = new Access(host, deps.login);
  }

  /** The answer to a request that may be sent twice. @throws GocliError REGISTRY, TIMEOUT; the signal's reason */
  async ask(wanted: Wanted): Promise<Answer> {
    for (let tries = 1; ; tries += 1) {
      const outcome = await this.once(wanted);
      if (!this.isTransient(outcome)) return outcome;
      await this.pause(tries, outcome);
    }
  }

  /** One try. @throws GocliError of what no further try mends */
  async once(wanted: Wanted): Promise<Outcome> {
    try {
      const answer = await this.#allowed(wanted);
      this.#hasAnswered = true;
      return answer;
    } catch (error) {
      this.signal.throwIfAborted();
      const isBroken = isCode(error, 'TIMEOUT') || (isCode(error, 'REGISTRY') && error.cause !== undefined);
      if (isBroken && this.#hasAnswered) return error;
      throw isBroken ? unreachable(this.origin, error) : error;
    }
  }

  /** Whether another try may help. */
  isTransient(outcome: Outcome): outcome is Outcome & (GocliError | { readonly status: 503 }) {
    return outcome instanceof GocliError || TRANSIENT.includes(outcome.status);
  }

  /** Waits before the next try of something. @throws GocliError for what went wrong when there were enough of them */
  async pause(tries: number, outcome: Outcome): Promise<void> {
    const error = outcome instanceof GocliError ? outcome : this.refused('a request', outcome);
    if (tries >= TRIES) throw error;
    const ms = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS * 2 ** (tries - 1), askedPause(outcome)));
    const why = outcome instanceof GocliError ? 'the connection broke off' : `status ${outcome.status}`;
    this.#deps.tell(`${this.host}: ${why}, again in ${formatSeconds(ms / 1000)}`);
    await this.#deps.clock.sleep(ms, this.signal);
  }

  /** A place that the registry names: whole, or below its address. @throws GocliError REGISTRY for none */
  placeOf({ headers: { location }, ...answer }: Answer): URL {
    if (location === undefined || !URL.canParse(location, this.origin.href))
      throw this.refused('to say where to go on', { ...answer, headers: {} });
    return new URL(location, this.origin);
  }

  /** What a registry's refusal is told as. @param what it was asked for: `to take …` */
  refused(what: string, { status, body }: Answer): GocliError {
    const words = body.toString('utf8');
    return new GocliError('REGISTRY', `${this.host} refused ${what}: status ${status}`, {
      observed: redact(lastLines(words, 3)).slice(0, 500),
      ...(status === 403
        ? { hint: `Log in with a user who may write there: docker login ${this.host}` }
        : {}),
    });
  }

  async #allowed({ scopes, ...asked }: Wanted, hops = 0): Promise<Answer> {
    // A login is for this registry alone, wherever it sends the request to.
    const isOurs = asked.url.origin === this.origin.origin;
    if (!isOurs && !isPrivate(asked.url)) throw this.#inTheOpen(asked.url);
    const send = (): Promise<Answer> => {
      const header = isOurs ? this.#access.headerFor(scopes) : undefined;
      return this.#send({
        ...asked,
        headers: { ...asked.headers, ...(header === undefined ? {} : { Authorization: header }) },
      });
    };
    const answer = await send();
    if (answer.status === 401 && isOurs) return this.#afterChallenge(answer, scopes, send);
    // Registries keep blobs elsewhere (distribution-spec, "Pulling blobs").
    if (asked.method !== 'GET' || !isOurs || !REDIRECTS.includes(answer.status)) return answer;
    if (hops === MOST_HOPS) throw this.refused('to say where it keeps that', answer);
    const url = this.placeOf(answer);
    // What is asked for is nobody else's concern.
    const headers = url.origin === this.origin.origin ? (asked.headers ?? {}) : {};
    return this.#allowed({ scopes, method: 'GET', url, headers }, hops + 1);
  }

  async #afterChallenge(answer: Answer, scopes: Scopes, send: () => Promise<Answer>): Promise<Answer> {
    const challenge = challengeIn(answer.headers['www-authenticate'] ?? '');
    if (challenge === undefined) throw await this.#access.refused(answer.body.toString('utf8').slice(0, 300));
    await this.#access.meet(challenge, scopes, (asked) => this.#send(asked));
    const again = await send();
    if (again.status !== 401) return again;
    throw await this.#access.refused(again.body.toString('utf8').slice(0, 300));
  }

  #send(asked: Asked): Promise<Answer> {
    return inTime(`${this.host} answers`, { signal: this.signal, timeoutMs: ANSWER_MS }, (bounded) =>
      this.#http.send(asked, bounded),
    );
  }

  #inTheOpen(url: URL): GocliError {
    return new GocliError('REGISTRY', `${this.host} sends to ${url.origin}, where nothing is encrypted`);
  }

  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]();
  }
}

/** Milliseconds that the registry asks to wait: `Retry-After` in seconds (RFC 9110). */
function askedPause(outcome: Outcome): number {
  const text = outcome instanceof GocliError ? undefined : outcome.headers['retry-after'];
  return /^\d{1,9}$/.test(text ?? '') ? Number(text) * 1000 : 0;
}

function unreachable(origin: URL, error: GocliError): GocliError {
  const hint =
    origin.protocol === 'https:'
      ? `Check its name and the network. It has to speak TLS; of an authority of your own: --ca FILE, or /etc/docker/certs.d/${origin.host}/ca.crt`
      : 'Check that it runs, and at which port.';
  return new GocliError('REGISTRY', `${origin.host} cannot be reached`, {
    observed: error.observed,
    cause: error.cause,
    hint,
  });
}
