// Asks the Docker daemon with one GET, without the docker client, which gocli does not need either.
// Usage: node docker-get.js /path      Exit code: 0 yes, 1 no, 2 no daemon answers, 3 no permission, 4 not a local socket,
// 5 no daemon answers at a context that the user chose
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';

const USUAL = 'unix:///var/run/docker.sock';

/** @param {string[]} path */
function json(...path) {
  try {
    return JSON.parse(readFileSync(join(...path), 'utf8'));
  } catch {
    return undefined;
  }
}

/** The endpoint that the docker client would use. What is wrong with a context is gocli's to say. */
function endpoint() {
  const { DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG } = process.env;
  if (DOCKER_HOST) return DOCKER_HOST;
  const folder = DOCKER_CONFIG || join(homedir(), '.docker');
  const context = DOCKER_CONTEXT || json(folder, 'config.json')?.currentContext || 'default';
  if (context === 'default') return USUAL;
  const id = createHash('sha256').update(context).digest('hex');
  return json(folder, 'contexts', 'meta', id, 'meta.json')?.Endpoints?.docker?.Host ?? '';
}

const host = endpoint();
if (!host.startsWith('unix://')) process.exit(4);
const nobody = host === USUAL || process.env['DOCKER_HOST'] ? 2 : 5;

const [path = '/_ping'] = process.argv.slice(2);
// A name that no image can have is no reason to end with a stack trace: the daemon says that it has none.
request({ socketPath: host.slice('unix://'.length), path: encodeURI(path), timeout: 10_000 }, (response) => {
  process.exit(response.statusCode === 200 ? 0 : 1);
})
  .on('timeout', () => process.exit(nobody))
  .on('error', (error) => process.exit('code' in error && error.code === 'EACCES' ? 3 : nobody))
  .end();
