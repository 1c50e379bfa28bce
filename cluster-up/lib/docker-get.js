// Asks the Docker daemon with one GET, without the docker client, which gocli does not need either.
// Usage: node docker-get.js /path      Exit code: 0 yes, 1 no, 2 no daemon answers, 3 no permission, 4 not a local socket
import { request } from 'node:http';

const host = process.env['DOCKER_HOST'] || 'unix:///var/run/docker.sock';
if (!host.startsWith('unix://')) process.exit(4);

const [path = '/_ping'] = process.argv.slice(2);
// A name that no image can have is no reason to end with a stack trace: the daemon says that it has none.
request({ socketPath: host.slice('unix://'.length), path: encodeURI(path), timeout: 10_000 }, (response) => {
  process.exit(response.statusCode === 200 ? 0 : 1);
})
  .on('timeout', () => process.exit(2))
  .on('error', (error) => process.exit('code' in error && error.code === 'EACCES' ? 3 : 2))
  .end();
