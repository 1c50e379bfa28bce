import { readFileSync } from 'node:fs';
import test from 'ava';
import {
  guestOptions,
  hostOptions,
  imageOptions,
  lacksGround,
  locationOf,
  OPTIONS,
  readRunOptions,
  type RunInputs,
} from '../../../../gocli-ts/src/api/options.ts';
import { START_OPTIONS } from '../../../../gocli-ts/src/api/start.ts';
import { PLAN_OPTIONS } from '../../../../gocli-ts/src/api/template.ts';
import { UNHONOURED_VARIABLES } from '../../../../gocli-ts/src/cli/kubevirtci-variables.ts';
import { KIND_OPTIONS, loadKinds } from '../../../../gocli-ts/src/api/kinds.ts';
import {
  defineGuestOption,
  flagOf,
  type AnyOption,
  type OptionList,
} from '../../../../gocli-ts/src/rig/options/option.ts';
import { planRig } from '../../../../gocli-ts/src/rig/make-plan.ts';
import { FakeDocker } from '../../../fakes/docker.ts';
import { CHECKOUT } from '../../../helpers/cli.ts';
import { addProvider, VM_FACTS } from '../../../helpers/engine.ts';
import { tinyKind } from '../../../kinds/tiny.ts';

const all = Object.entries(OPTIONS as Readonly<Record<string, AnyOption>>);

test('every option is a flag of run in the reference, or a variable alone', (t) => {
  const reference = readFileSync(`${CHECKOUT}docs/cli.md`, 'utf8');
  const ofRun = /^## gocli run\n[^]*?(?=^## )/m.exec(reference)?.[0] ?? '';
  // Each flag at the beginning of its line, behind its short form and before others: `  -p, --name, --prefix  `.
  const flags = [...ofRun.matchAll(/^ {2}(?:-\w, | {4})((?:--[a-z0-9-]+(?:, )?)+) {2}/gm)].flatMap(
    ([, names = '']) => names.split(', '),
  );
  for (const [key, { onlyVariable }] of all)
    t.is(flags.includes(flagOf(key)), onlyVariable === undefined, key);
});

test('a variable of an option is on the page for users of kubevirtci, and not among those without effect', (t) => {
  const page = readFileSync(`${CHECKOUT}docs/kubevirtci.md`, 'utf8');
  const rows = [...page.matchAll(/^\| (`[A-Z][^|]*)\|/gm)].map(([, names = '']) => names);
  for (const [, { variable }] of all) {
    if (variable === undefined) continue;
    // Those of gocli itself stand in a sentence.
    const where = variable.startsWith('GOCLI_') ? [page] : rows;
    t.true(
      where.some((text) => text.includes(`\`${variable}\``)),
      variable,
    );
    t.false(variable in UNHONOURED_VARIABLES, variable);
  }
});

test('names of options become flags and back', (t) => {
  t.is(flagOf('name'), '--name');
  t.is(flagOf('keepOnFailure'), '--keep-on-failure');
  t.is(flagOf('k8sPort'), '--k8s-port');
});

test('what changes the guest plan is compared with a rig that runs, and decides which template fits', (t) => {
  const ofGuests = all.filter(([, option]) => option.guest !== undefined);
  t.true(ofGuests.length > 0);
  for (const [key, { differs }] of ofGuests) t.truthy(differs, key);
  t.deepEqual(
    Object.keys(PLAN_OPTIONS),
    ofGuests.map(([key]) => key),
  );
});

test('the options of every kind are options of run, and those of start that change the host plan alone', async (t) => {
  for (const { options } of await loadKinds())
    for (const [key, option] of Object.entries(options)) t.is((OPTIONS as OptionList)[key], option, key);
  t.deepEqual(Object.keys(START_OPTIONS), ['timeout', ...Object.keys(hostOptions(KIND_OPTIONS))]);
  const guest = defineGuestOption({
    describe: '',
    type: 'number',
    read: (input: number) => input,
    guest: (value: number) => ({ cpus: value }),
    differs: { what: 'x', of: (plan) => plan.guest.cpus },
  });
  const { httpPort } = OPTIONS;
  t.deepEqual(hostOptions({ guest, httpPort }), { httpPort });
  t.deepEqual(guestOptions({ guest, httpPort }), { guest });
});

test('an option that only another kind has is refused, and one of its own pins a port', (t) => {
  const image = addProvider(new FakeDocker(), VM_FACTS);
  const planOf = (inputs: RunInputs) => {
    const values = { name: 'c', ...readRunOptions(inputs, {}, false) };
    return planRig({ image, reference: 'x', values }, [tinyKind]);
  };
  t.deepEqual(planOf({ httpPort: 8080 }).host.pinnedPorts, { '80/tcp': 8080 });
  t.throws(() => planOf({ k8sPort: 6443 }), {
    code: 'BAD_VALUE',
    message: /^--k8s-port: rigs of the kind tiny/,
  });
});

test('options say themselves where the image is, and what nothing can be said without', (t) => {
  t.deepEqual(Object.keys(imageOptions(OPTIONS)), ['containerRegistry', 'containerOrg', 'containerSuffix']);
  t.deepEqual(
    locationOf('p', readRunOptions({ containerOrg: 'team', containerSuffix: ':1', nodes: 2 }, {}, false)),
    { provider: 'p', registry: undefined, organisation: 'team', tag: '1' },
  );
  t.true(lacksGround({ values: {}, said: new Set(['nodes']) }));
  t.false(lacksGround({ values: { nodes: 2 }, said: new Set(['nodes', 'memory']) }));
});

test('up.sh knows flags before gocli is built: each is one of run', (t) => {
  const script = readFileSync(`${CHECKOUT}cluster-up/up.sh`, 'utf8');
  const tests = script.split('\n').filter((line) => line.includes('[[ "$words" =~'));
  const flags = tests.flatMap((line) => line.match(/--\(?[a-z|=-]+/g) ?? []).join('|');
  const words = flags.split(/[|(]/).map((word) => word.replace(/^--|=.*$/g, '').replace(/^no-/, ''));
  const known = ['dry-run', ...all.map(([key]) => flagOf(key).slice(2))];
  t.true(words.includes('snapshot') && words.includes('container-suffix'), words.join());
  t.deepEqual(
    words.filter((word) => word !== '' && !known.includes(word)),
    [],
  );
});
