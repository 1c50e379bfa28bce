import test from 'ava';
import { goError } from '../../../../gocli-ts/src/provision/go/errors.ts';

const refused = `main.go:4:2: k8s.io/api@v0.36.3: Get "http://127.0.0.1:9/k8s.io/api/@v/v0.36.3.zip": dial tcp 127.0.0.1:9: connect: connection refused`;
const absent = `go: example.com/nothing@v1.0.0: reading https://proxy.example/example.com/nothing/@v/v1.0.0.mod: 404 Not Found`;
const changed = `go: downloading github.com/containernetworking/plugins v1.9.1
verifying github.com/containernetworking/plugins@v1.9.1: checksum mismatch
	downloaded: h1:aa=
	go.sum:     h1:bb=

SECURITY ERROR
This download does NOT match an earlier download recorded in go.sum.`;
const old = 'go: go.mod requires go >= 1.26.4 (running go 1.24.4; GOTOOLCHAIN=local)';
const broken = './main.go:12:2: undefined: nothing';

for (const [title, output, code, words] of [
  ['a refused connection', refused, 'DOWNLOAD', 'k8s.io/api@v0.36.3'],
  ['a module that the proxy does not have', absent, 'DOWNLOAD', 'example.com/nothing@v1.0.0'],
  ['another content', changed, 'CHECKSUM', 'github.com/containernetworking/plugins@v1.9.1'],
  ['an old Go', old, 'TOOL_MISSING', '1.26.4'],
  ['a mistake in the source', broken, 'COMMAND', 'the-component'],
] as const) {
  test(`${title} is ${code}`, (t) => {
    const error = goError('the-component', output);
    t.is(error.code, code);
    t.true(error.message.includes(words), error.message);
    t.true(error.message.includes('the-component'));
  });
}

test('a download error says where the proxy is set', (t) => {
  t.true(goError('x', refused).hint?.includes('GOPROXY'));
});
