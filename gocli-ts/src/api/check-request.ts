import { inspect } from 'node:util';
import type { z } from 'zod';
import { GocliError } from '../errors/error.ts';
import { throwAll } from '../errors/several.ts';
import { didYouMean } from '../shared/text.ts';
import type { CallOptions } from './context.ts';
import { CALL, SHAPES, strict, type Requests } from './requests.ts';

/**
 * Checks what a program asks for, which may be anything. A slip must not widen what is asked for: without the name that
 * was meant, `rm` would be of the only rig there is.
 * @param name which request it has to be
 * @returns a copy of it
 * @throws GocliError BAD_VALUE that names everything that is wrong: keys that are not known, with the nearest that is,
 * keys that are missing, and values of another type
 */
export function checkRequest<N extends keyof Requests>(name: N, request: unknown): Requests[N] {
  return checkObject('request', SHAPES[name], request) as Requests[N];
}

/** The same for what a call is told beside its request. */
export function checkCall(options: unknown): CallOptions {
  return checkObject('options', CALL, options) as CallOptions;
}

/** @param what it is called @param value an empty one unless told */
function checkObject(what: string, shape: z.ZodRawShape, value: unknown = {}): unknown {
  // To zod a list without elements is an object without keys.
  const parsed = Array.isArray(value) ? undefined : strict(shape).safeParse(value);
  if (parsed?.success === true) return parsed.data;
  const keys = Object.keys(shape);
  const hint = keys.length === 0 ? `The ${what} has no keys.` : `Keys: ${keys.join(', ')}`;
  const issues = parsed?.error.issues ?? [];
  if (issues.every(({ path, code }) => path.length === 0 && code !== 'unrecognized_keys'))
    throw new GocliError('BAD_VALUE', `the ${what}: ${shown(value)} is not an object`, { hint });
  const errors = issues.flatMap((issue) => errorsOf(issue, value, what));
  throwAll(
    errors.map((error) => (error.hint === undefined ? withHint(error, hint) : error)),
    hint,
  );
  // Not reached: what is not parsed has issues.
  return value;
}

function errorsOf(issue: z.core.$ZodIssue, value: unknown, what: string): GocliError[] {
  const { path, message } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const at = written([...path, key]);
      const text = `${at}: no such key of the ${what}.${didYouMean(key, message.split(', '))}`;
      return new GocliError('BAD_VALUE', text, path.length === 0 ? {} : { hint: `Keys: ${message}` });
    });
  }
  if (issue.code === 'custom' && issue.params?.['error'] instanceof GocliError)
    return [issue.params['error']];
  const seen = valueAt(value, path);
  const fault = seen === undefined ? 'it is missing; it has to be' : `${shown(seen)} is not`;
  return [new GocliError('BAD_VALUE', `${written(path)}: ${fault} ${message}`)];
}

function withHint({ code, message }: GocliError, hint: string): GocliError {
  return new GocliError(code, message, { hint });
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((inner, key) => (inner as Record<PropertyKey, unknown>)[key], value);
}

/** `copies[0].node` */
function written(path: readonly PropertyKey[]): string {
  return path
    .map((key, at) => {
      if (typeof key === 'number') return `[${key}]`;
      const name = String(key);
      return `${at === 0 ? '' : '.'}${/^\w+$/.test(name) ? name : JSON.stringify(name)}`;
    })
    .join('');
}

/** A value in one line, whatever it is. */
function shown(value: unknown): string {
  return inspect(value, {
    depth: 1,
    breakLength: Number.POSITIVE_INFINITY,
    maxArrayLength: 3,
    maxStringLength: 60,
  });
}
