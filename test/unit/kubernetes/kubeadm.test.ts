import test from 'ava';
import { kubeadmInit, kubeadmJoin } from '../../../gocli-ts/src/kubernetes/kubeadm.ts';
import { isCode } from '../../../gocli-ts/src/errors/error.ts';
import type { SshConnection, SshExecOptions, SshResult } from '../../../gocli-ts/src/ssh/interface.ts';
import { CERTIFICATE } from '../../fixtures/certificate.ts';

const never = new AbortController().signal;
const access = { server: 'https://127.0.0.1:6443', ca: '', cert: '', key: '' };

/** A node whose kubeadm prints these lines and never ends. */
function stuckNode(lines: readonly string[]): SshConnection {
  const exec = (command: string, options: SshExecOptions = {}): Promise<SshResult> => {
    if (!command.includes('kubeadm ')) return Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
    for (const line of lines) options.onLine?.(line);
    return new Promise((_, reject) => {
      options.signal?.addEventListener('abort', () => {
        reject(options.signal?.reason as Error);
      });
    });
  };
  return { exec, run: exec, [Symbol.asyncDispose]: () => Promise.resolve() };
}

test('kubeadm init that does not end is TIMEOUT with what it said last', async (t) => {
  const told: string[] = [];
  const node = stuckNode(['[certs] made', 'token: abcdef.0123456789abcdef', '[wait-control-plane] waiting']);
  const error = await t.throwsAsync(
    kubeadmInit(node, '', { signal: never, timeoutMs: 30 }, (line) => told.push(line)),
  );
  t.true(isCode(error, 'TIMEOUT'), String(error));
  if (!isCode(error, 'TIMEOUT')) return;
  t.regex(error.message, /kubeadm init on node01/);
  t.regex(error.observed ?? '', /\[certs\] made[\s\S]*\[wait-control-plane\] waiting/);
  t.notRegex(error.observed ?? '', /0123456789abcdef/);
  t.regex(error.hint ?? '', /gocli ssh node01/);
  t.deepEqual(told, ['[certs] made', '[wait-control-plane] waiting']);
});

test('kubeadm join that does not end is TIMEOUT, an interruption is its own reason', async (t) => {
  const join = (signal: AbortSignal, timeoutMs: number): Promise<void> =>
    kubeadmJoin(
      stuckNode([]),
      { index: 2, token: 'abcdef.0123456789abcdef', subnet: '192.168.66.0/24' },
      { ...access, ca: CERTIFICATE },
      { signal, timeoutMs },
    );
  t.true(isCode(await t.throwsAsync(join(never, 30)), 'TIMEOUT'));
  const stop = new AbortController();
  const reason = new Error('stop');
  const joining = join(stop.signal, 60_000);
  stop.abort(reason);
  await t.throwsAsync(joining, { is: reason });
});
