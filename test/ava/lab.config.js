export default {
  files: ['test/lab/**/*.test.ts'],
  serial: true,
  concurrency: 1,
  workerThreads: false,
  timeout: '60m',
  verbose: true,
  typescript: {
    rewritePaths: { 'gocli-ts/src/': 'dist/gocli-ts/src/', 'test/': 'dist/test/' },
    compile: false,
  },
};
