import test from 'ava';
import { parse } from 'yaml';
import { errorData, exitCodeOf, renderError } from '../../../../gocli-ts/src/cli/render/error-report.ts';
import { writeResult } from '../../../../gocli-ts/src/cli/render/output.ts';
import { renderTable } from '../../../../gocli-ts/src/cli/render/table.ts';
import type { OutputFormat } from '../../../../gocli-ts/src/cli/session.ts';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { Captured } from '../../../helpers/captured.ts';

const ERROR = new GocliError('TIMEOUT', 'the API server is ready: not within 5 s', {
  observed: 'last seen: refused\ntoken: abcdef.0123456789abcdef',
  hint: 'Type: gocli status',
});

test('an error says what failed, what was seen last and what to do, secrets masked', (t) => {
  t.is(
    renderError(ERROR, false),
    [
      'Error: the API server is ready: not within 5 s (GOCLI-E400)',
      '  | last seen: refused',
      '  | token: (masked bootstrap token)',
      '  What to do: Type: gocli status',
      '',
    ].join('\n'),
  );
});

test('under -v an error has its stack and that of its cause', (t) => {
  const text = renderError(new GocliError('DOCKER', 'above', { cause: new Error('below') }), true);
  t.regex(text, /\bat .*render\.test/);
  t.regex(text, /caused by Error: below/);
  // What was typed wrong is no matter of the code.
  for (const code of ['USAGE', 'BAD_VALUE'] as const)
    t.notRegex(renderError(new GocliError(code, 'wrong', { cause: new Error('x') }), true), /\bat /);
});

test('the same as data; anything else that was thrown is a defect', (t) => {
  t.like(errorData(ERROR), { code: 'GOCLI-E400', kind: 'TIMEOUT', exitCode: 6, hint: 'Type: gocli status' });
  t.like(errorData('text'), { code: 'GOCLI-E900', message: 'text', observed: null });
  t.is(exitCodeOf(ERROR), 6);
  t.is(exitCodeOf(new TypeError('x')), 1);
});

test('a table has aligned columns, no borders and no blanks at the ends', (t) => {
  t.is(
    renderTable([
      ['NAME', 'STATE'],
      ['k8s-1.36', 'running'],
      ['a', ''],
    ]),
    'NAME      STATE\nk8s-1.36  running\na\n',
  );
  t.is(
    renderTable([
      ['✓', 'a'],
      ['✗', 'b'],
    ]),
    '✓  a\n✗  b\n',
  );
});

test('a result in each form; every form but the table is for machines', (t) => {
  const result = { data: { clusters: [{ name: 'c' }] }, names: ['c', 'd'], table: [['NAME'], ['c']] };
  const written = (output: OutputFormat | undefined): string => {
    const stdout = new Captured();
    writeResult({ stdout, output }, result);
    return stdout.text;
  };
  t.deepEqual(JSON.parse(written('json')), { version: 1, clusters: [{ name: 'c' }] });
  t.deepEqual(parse(written('yaml')), { version: 1, clusters: [{ name: 'c' }] });
  t.is(written('name'), 'c\nd\n');
  t.is(written('table'), 'NAME\nc\n');
  t.is(written(undefined), 'NAME\nc\n');
});
