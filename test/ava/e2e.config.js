export default {
  files: ['test/e2e/**/*.test.ts'],
  serial: true,
  concurrency: 1,
  workerThreads: false,
  timeout: '40m',
  verbose: true,
  typescript: {
    rewritePaths: { 'gocli-ts/src/': 'dist/gocli-ts/src/', 'test/': 'dist/test/' },
    compile: false,
  },
};
