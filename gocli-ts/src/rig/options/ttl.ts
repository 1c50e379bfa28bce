import { GocliError } from '../../errors/error.ts';
import { parseDuration } from '../../shared/duration.ts';
import { defineOption } from './option.ts';

/** In milliseconds, from the moment that the rig is Ready. Asked for again it begins anew, so it is no difference of plans. */
export const ttl = defineOption({
  describe: 'Let gocli gc and gocli run remove it when it was Ready for so long: 90s, 2h, 1h30m, 7d',
  type: 'string',
  read: (input: string, at) => parseDuration(input, at),
  host: (value: number) => ({ ttlMs: value }),
});

export const ttlEvidence = defineOption({
  describe: 'Keep logs and consoles of it when its --ttl is over',
  type: 'boolean',
  read: (input: boolean) => input,
  host: (value: boolean) => (value ? { ttlEvidence: true } : {}),
  check: (_plan, { host: { ttlEvidence: isAsked, ttlMs }, naming: { of } }, at) => {
    if (isAsked !== true || ttlMs !== undefined) return;
    throw new GocliError('BAD_VALUE', `${at}: without ${of('ttl')} nothing removes it`, {
      hint: 'Say after how long that is to be, for example 2h.',
    });
  },
});
