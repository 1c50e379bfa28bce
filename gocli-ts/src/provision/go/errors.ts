import { GocliError } from '../../errors/error.ts';
import { lastLines } from '../../shared/text.ts';

const MISMATCH = /checksum mismatch|SECURITY ERROR|missing go\.sum entry/;
const TOO_OLD = /requires go >= ([\d.]+)/;
const UNREACHABLE =
  /: (Get "|reading |unrecognized import path|dial tcp|invalid version|module lookup disabled)|no such host|connection refused|i\/o timeout/;
const MODULE = /([a-z0-9.-]+\.[a-z]+\/[^\s:@]+@v[^\s:]+)/i;

/**
 * What a failed run of Go means, from its own words.
 * @param what the component that was to be built
 */
export function goError(what: string, output: string): GocliError {
  const line = output.split('\n').find((text) => MISMATCH.test(text) || UNREACHABLE.test(text)) ?? '';
  const module = MODULE.exec(line)?.[1] ?? MODULE.exec(output)?.[1] ?? 'a module';
  const observed = lastLines(output, 12);
  const [, wanted] = TOO_OLD.exec(output) ?? [];
  if (wanted !== undefined) {
    return new GocliError('TOOL_MISSING', `building ${what} needs Go ${wanted} or newer`, {
      observed,
      hint: 'Install it from https://go.dev/dl/ and have its bin folder on PATH.',
    });
  }
  if (MISMATCH.test(output)) {
    return new GocliError('CHECKSUM', `${module}, needed by ${what}, is not what go.sum pins`, {
      observed,
      hint: 'Do not use it. If the change is meant, run `go mod tidy` in the folder of the component.',
    });
  }
  if (UNREACHABLE.test(output)) {
    return new GocliError('DOWNLOAD', `${module}, needed by ${what}, could not be downloaded`, {
      observed,
      hint: 'Check the network, and GOPROXY in `go env`.',
    });
  }
  return new GocliError('COMMAND', `building ${what} failed`, { observed });
}
