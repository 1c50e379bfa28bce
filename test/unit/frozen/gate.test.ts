import test from 'ava';
import fc from 'fast-check';
import { keyOf, refusal, type Place } from '../../../gocli-ts/src/frozen/gate.ts';
import type { Manifest } from '../../../gocli-ts/src/frozen/manifest.ts';
import { parseCpuinfo, readCpu } from '../../../gocli-ts/src/frozen/cpu.ts';
import { EMULATED_CPU } from '../../../gocli-ts/src/machine/cpu-models.ts';
import { DAY, MADE, manifestOf, placeOf } from './frozen.ts';

const cpu = { model: 'EPYC-v4', host: 'AuthenticAMD 25 1 1', flags: 'fpu sse svm', tscHz: 2.4e9 };
const kvm = { accelerator: 'kvm' as const, cpu };

const cases: [what: string, Partial<Manifest>, Partial<Place>, RegExp | undefined][] = [
  ['everything as it was', {}, {}, undefined],
  ['another image', {}, { imageId: 'sha256:2' }, /another image/],
  ['another accelerator', {}, kvm, /made with tcg, and this host uses kvm/],
  ['another CPU model', kvm, { ...kvm, cpu: { ...cpu, model: 'EPYC-v3' } }, /EPYC-v4, not EPYC-v3/],
  ['another processor', kvm, { ...kvm, cpu: { ...cpu, host: 'GenuineIntel 6 85 7' } }, /another processor/],
  ['other CPU flags', kvm, { ...kvm, cpu: { ...cpu, flags: 'avx fpu sse' } }, /-svm \+avx/],
  ['another time stamp counter', kvm, { ...kvm, cpu: { ...cpu, tscHz: 2.5e9 } }, /2400 MHz, not 2500 MHz/],
  ['the same one, measured again', kvm, { ...kvm, cpu: { ...cpu, tscHz: 2.4001e9 } }, undefined],
  ['the same processor', kvm, kvm, undefined],
  ['299 days', {}, { now: MADE + 299 * DAY }, undefined],
  ['300 days', {}, { now: MADE + 300 * DAY }, /300 days old/],
  ['a certificate good for 8 days', { expiresAt: MADE + 9 * DAY }, {}, undefined],
  ['a certificate good for 6 days', { expiresAt: MADE + 7 * DAY }, {}, /expires on 2030-01-08/],
  ['a clock before its making', {}, { now: MADE - 1 }, /clock of this host/],
  ['too little memory', {}, { availableBytes: 1024 ** 3 }, /3\.0 GiB of memory are needed/],
];

for (const [what, manifest, place, expected] of cases) {
  test(`the gate: ${what}`, (t) => {
    const found = refusal(manifestOf(manifest), placeOf(place));
    if (expected === undefined) t.is(found, undefined);
    else t.regex(found ?? '', expected);
  });
}

test('whatever the times are, what is thawed is neither from the future nor older than 300 days', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: -400, max: 400 }), (days) => {
      const refused = refusal(manifestOf(), placeOf({ now: MADE + days * DAY })) !== undefined;
      return refused === (days < 0 || days >= 300);
    }),
  );
  t.pass();
});

test('keys are equal for equal parts, and depend on each of them and on their order', (t) => {
  t.is(keyOf(['image', { cpus: 2 }]), keyOf(['image', { cpus: 2 }]));
  t.is(new Set([keyOf(['a', 'b']), keyOf(['b', 'a']), keyOf(['ab']), keyOf(['a', 'c'])]).size, 4);
});

test('under emulation the processor of the host does not count', async (t) => {
  t.deepEqual(await readCpu('tcg', EMULATED_CPU), { model: 'max', host: '', flags: '', tscHz: 0 });
  t.deepEqual(
    parseCpuinfo(
      'processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\nmodel name\t: EPYC\n' +
        'stepping\t: 1\nflags\t\t: sse fpu svm\n\nprocessor\t: 1\n',
    ),
    { host: 'AuthenticAMD 25 1 1', flags: 'fpu sse svm' },
  );
});
