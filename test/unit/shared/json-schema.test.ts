import test from 'ava';
import fc from 'fast-check';
import { faultsBySchema } from '../../../gocli-ts/src/shared/json-schema.ts';

// In the forms that cloud-init's own schema has.
const SCHEMA = {
  $defs: {
    users: {
      type: 'object',
      properties: {
        users: {
          type: 'array',
          items: {
            oneOf: [
              { type: 'string' },
              {
                type: 'object',
                additionalProperties: false,
                required: ['name'],
                properties: { name: { type: 'string' }, sudo: { type: ['boolean', 'string'] } },
              },
            ],
          },
        },
      },
    },
    run: {
      properties: {
        runcmd: {
          type: 'array',
          minItems: 1,
          items: { oneOf: [{ type: 'array', items: { type: 'string' } }, { type: 'string' }] },
        },
      },
    },
    disk: {
      properties: {
        growpart: {
          type: 'object',
          patternProperties: { '^ignore_.*$': { type: 'boolean' } },
          additionalProperties: false,
          properties: {
            mode: { enum: ['auto', 'off', false] },
            devices: { type: 'array', uniqueItems: true },
          },
        },
      },
    },
  },
  allOf: [{ $ref: '#/$defs/users' }, { $ref: '#/$defs/run' }, { $ref: '#/$defs/disk' }],
  properties: { users: {}, runcmd: {}, growpart: {}, other: { minimum: 1, maximum: 3, pattern: '^a' } },
  additionalProperties: false,
};

const said = (data: unknown): string[] =>
  faultsBySchema(data, SCHEMA).map(({ path, key, text }) => `${[...path, key ?? ''].join('.')}: ${text}`);

test('what fits is let through', (t) => {
  t.deepEqual(said({}), []);
  t.deepEqual(
    said({
      users: ['default', { name: 'a', sudo: false }],
      runcmd: ['ls', ['echo', 'x']],
      growpart: { mode: false, ignore_x: true, devices: ['/', '/x'] },
    }),
    [],
  );
});

test('everything that does not is told, each where it stands', (t) => {
  t.deepEqual(said({ runcmds: [] }), ['runcmds: there is no key "runcmds" here. Did you mean "runcmd"?']);
  t.deepEqual(said({ runcmd: 'ls' }), ['runcmd.: it has to be a list']);
  t.deepEqual(said({ runcmd: [] }), ['runcmd.: it has to have at least 1 items']);
  t.deepEqual(said({ runcmd: ['ls', 3, ['a', 1]] }), [
    'runcmd.1.: it has to be a list or a text',
    'runcmd.2.1.: it has to be a text',
  ]);
  t.deepEqual(said({ users: [{ sudo: 3, nam: 'a' }] }), [
    'users.0.: "name" is missing',
    'users.0.sudo.: it has to be true or false or a text',
    'users.0.nam: there is no key "nam" here. Did you mean "name"?',
  ]);
  t.deepEqual(said({ growpart: { mode: 'of', ignore_x: 1, devices: [1, 1] } }), [
    'growpart.mode.: it has to be one of: "auto", "off", false. Did you mean "off"?',
    'growpart.ignore_x.: it has to be true or false',
    'growpart.devices.: no two items may be the same',
  ]);
  t.deepEqual(said({ other: 0 }), ['other.: it has to be at least 1']);
  t.deepEqual(said({ other: 'b' }), ['other.: it does not have the form ^a']);
  t.deepEqual(said('text'), [': it has to be a mapping']);
});

test('no data and no schema is too strange', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (data, schema) => {
      t.true(Array.isArray(faultsBySchema(data, schema)));
    }),
  );
});
