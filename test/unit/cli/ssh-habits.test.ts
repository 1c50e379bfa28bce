import test from 'ava';
import fc from 'fast-check';
import { COMMANDS } from '../../../gocli-ts/src/cli/commands.ts';
import { parseCommandLine } from '../../../gocli-ts/src/cli/parser.ts';
import { loginOf } from '../../../gocli-ts/src/cli/ssh-habits.ts';

async function parse(line: string): Promise<Record<string, unknown>> {
  const result = await parseCommandLine(line.split(' '), COMMANDS);
  if ('text' in result) throw new Error(result.text);
  const { args, rest } = result.invocation;
  return { ...args, rest: rest.join(' ') };
}

test("flags of ssh's users mean what they mean there, or nothing", async (t) => {
  t.like(await parse('ssh -t node01 -- true -t'), { t: 1, node: 'node01', rest: 'true -t' });
  t.like(await parse('ssh -tt node01 top'), { t: 2, rest: 'top' });
  t.like(await parse('-t ssh -t node01 top'), { t: 2, rest: 'top' });
  t.like(await parse('ssh -T -q -n node01 ls'), { T: true, n: true, quiet: true, rest: 'ls' });
  t.like(await parse('ssh -l root -4 -C node01 ls -C'), { l: 'root', node: 'node01', rest: 'ls -C' });
  const quiet = '-o StrictHostKeyChecking=no -oUserKnownHostsFile=/dev/null -o LogLevel=ERROR -o User=root';
  t.like(await parse(`ssh ${quiet} node01 -- echo -o a=b`), {
    node: 'node01',
    rest: 'echo -o a=b',
    output: undefined,
  });
  t.like(await parse(`${quiet} scp node01:/a b`), { paths: ['node01:/a', 'b'] });
  t.like(await parse('ssh -o json node01'), { output: 'json', node: 'node01' });
  t.like(await parse('ssh -o=json node01'), { output: 'json', node: 'node01' });
  t.like(await parse('ssh -4Cqt node01 top'), { t: 1, quiet: true, rest: 'top' });
  t.like(await parse('ssh -qtt -lroot node01 top'), { t: 2, l: 'root', rest: 'top' });
  t.like(await parse('ssh -o RequestTTY=force -o ForwardAgent=no node01 top'), { t: 2, rest: 'top' });
  t.like(await parse('ssh -o requesttty=no node01 top'), { t: 0, T: true, rest: 'top' });
  t.like(await parse('ssh -ptwo -qn node01 ls'), { name: 'two', n: true, rest: 'ls' });
  t.like(await parse('ssh -tl root node01 top'), { t: 1, l: 'root', node: 'node01', rest: 'top' });
  t.like(await parse('ssh -4qo LogLevel=ERROR node01 ls -o x'), { node: 'node01', rest: 'ls -o x' });
  t.like(await parse('ssh -ntp two node01 top'), { name: 'two', n: true, t: 1, rest: 'top' });
  t.like(await parse('ssh node01 -tl root top -l x'), { l: 'root', rest: 'top -l x' });
  t.like(await parse('scp -Crq a node01:/b'), { r: true, quiet: true, paths: ['a', 'node01:/b'] });
  t.like(await parse('scp -3 -O -T a node01:/b'), { paths: ['a', 'node01:/b'] });
});

test('what ssh has and gocli has not is refused by its name, with what to type', async (t) => {
  for (const [line, message, hint] of [
    ['ssh -p 22 node01', /^-p 22/, /Leave it out/],
    ['ssh -i key node01 true', /^-i /, /has the key/],
    ['ssh -L 8080:localhost:80 node01', /^-L /, /port-forward/],
    ['ssh -N node01', /^-N /, /ssh -F gocli\.ssh NAME/],
    ['scp -P 22 a node01:/b', /^-P /, /Leave it out/],
    ['ssh -o ProxyJump=x node01', /^-o ProxyJump /, /ssh -F gocli\.ssh NAME/],
    ['ssh -o RequestTTY=maybe node01', /^-o RequestTTY /, /-tt/],
    ['ssh -o IdentityFile=/k node01', /^-o IdentityFile /, /has the key/],
    ['ssh -o SetEnv=A=b node01', /^-o SetEnv /, /env NAME=VALUE/],
    ['ssh -o ForwardAgent=yes node01', /^-o ForwardAgent /, /ssh -F gocli\.ssh NAME/],
    ['ssh -p22 node01', /^-p 22/, /Leave it out/],
    ['ssh -tp 22 node01', /^-p 22/, /Leave it out/],
    ['ssh -fN node01', /^-f of ssh/, /COMMAND &/],
    ['ssh -qA node01', /^-A of ssh/, /agent/],
    ['ssh -it node01 sh', /^-i of ssh/, /-t\)/],
    ['ssh -J jump node01', /^-J of ssh/, /reaches every node/],
    ['scp -l 100 a node01:/b', /^-l of scp/, /limits no speed/],
    ['scp -rP22 a node01:/b', /^-P of scp/, /Leave it out/],
    ['scp -i key a node01:/b', /^-i of scp/, /has the key/],
  ] as const) {
    const error = await t.throwsAsync(parse(line), { code: 'USAGE', message }, line);
    t.regex((error as unknown as { hint: string }).hint, hint, line);
  }
  await t.throwsAsync(parse('ssh -o xml node01'), { code: 'BAD_VALUE' });
});

test("-p of scp is scp's where the cluster's name would leave too few words", async (t) => {
  for (const line of [
    'scp -p a node01:/b',
    'scp -rp a node01:/b',
    'scp -pr a node01:/b',
    'scp a -p node01:/b',
  ])
    t.like(await parse(line), { name: undefined, paths: ['a', 'node01:/b'] }, line);
  t.like(await parse('scp -rpq ./x y node01:/b'), { r: true, quiet: true, paths: ['./x', 'y', 'node01:/b'] });
  t.like(await parse('scp -p node01:/a -'), { name: undefined, paths: ['node01:/a', '-'] });
  t.like(await parse('scp -p two a node01:/b'), { name: 'two', paths: ['a', 'node01:/b'] });
  t.like(await parse('-p two scp -r a node01:/b'), { name: 'two', r: true, paths: ['a', 'node01:/b'] });
  t.like(await parse('scp --name two -p a node01:/b'), { name: 'two', paths: ['a', 'node01:/b'] });
  for (const line of [
    'scp --name two -p a b node01:/',
    'scp -p a b node01:/ --name=two',
    'scp --prefix two -rp a b node01:/',
    'scp -p two -p a b node01:/',
    '-p two scp -pq a b node01:/',
    'scp a -p b node01:/ --name two',
    'scp -p=two -p a b node01:/',
    'scp --name two -pp a b node01:/',
  ])
    t.like(await parse(line), { name: 'two', paths: ['a', 'b', 'node01:/'] }, line);
  const either = () => parse('scp -p package.json two node01:/');
  await t.throwsAsync(either, { code: 'USAGE', message: /^-p package\.json: the cluster of that name, or/ });
  t.like(await parse('scp --name two -- a -p node01:/'), { name: 'two', paths: ['a', '-p', 'node01:/'] });
  t.like(await parse('scp -r --prefix two a b node01:/'), { name: 'two', paths: ['a', 'b', 'node01:/'] });
});

test('flags between node and command are those of gocli, as with ssh', async (t) => {
  const all = async (line: string): Promise<unknown> => {
    const result = await parseCommandLine(line.split(' '), COMMANDS);
    return 'text' in result ? result.text : [result.invocation.args['name'], ...result.invocation.rest];
  };
  t.deepEqual(await all('ssh node01 --name two uname -r'), ['two', 'uname', '-r']);
  t.deepEqual(await all('ssh node01 -p two -o StrictHostKeyChecking=no ls --name x'), [
    'two',
    'ls',
    '--name',
    'x',
  ]);
  t.deepEqual(await all('ssh node01 --name=two -- -x'), ['two', '-x']);
  t.deepEqual(await all('ssh -q --name two -- node01 ls -la'), ['two', 'ls', '-la']);
  t.deepEqual(await all('ssh -- node01 -- -x'), [undefined, '-x']);
  await t.throwsAsync(all('ssh node01 --naem two'), {
    message: 'unknown flag --naem. Did you mean "--name"?',
  });
});

test('a user is named in any form', async (t) => {
  t.deepEqual(loginOf('root@node01', undefined), { node: 'node01', user: 'root' });
  t.deepEqual(loginOf('node01', undefined), { node: 'node01', user: undefined });
  t.deepEqual(loginOf('@node01', undefined), { node: 'node01', user: '' });
  t.deepEqual(loginOf('cloud-user@node01', undefined), { node: 'node01', user: 'cloud-user' });
  t.deepEqual(loginOf('root@node01', 'cloud-user'), { node: 'node01', user: 'cloud-user' });
  const args = async (line: string): Promise<unknown> => {
    const result = await parseCommandLine(line.split(' '), COMMANDS);
    return 'text' in result ? result.text : result.invocation.args;
  };
  t.like(await args('ssh -o User=cloud-user node01 ls'), { l: 'cloud-user', node: 'node01' });
  t.like(await args('scp -o User=cloud-user a node01:/'), {
    user: 'cloud-user',
    paths: ['a', 'node01:/'],
  });
  t.like(await args('scp --ssh-user cloud-user --container-name dnsmasq -rp a node01:/'), {
    'ssh-user': 'cloud-user',
    paths: ['a', 'node01:/'],
  });
});

test('any words parse, or are refused with what is wrong', async (t) => {
  const word = fc.constantFrom(
    '-p',
    '-rp',
    '-t',
    '-o',
    '-oA=b',
    'A=b',
    '22',
    'two',
    'a',
    '--',
    '-',
    '-q',
    'node01:/x',
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('ssh', 'scp'), fc.array(word, { maxLength: 5 }), async (verb, words) => {
      const parsing = parseCommandLine([verb, ...words], COMMANDS);
      const code = await parsing.then(
        () => 'USAGE',
        (error: unknown) => (error as { code?: string }).code,
      );
      t.true(code === 'USAGE' || code === 'BAD_VALUE', words.join(' '));
    }),
    { numRuns: 100 },
  );
});
