export default {
  files: ['test/unit/**/*.test.ts'],
  timeout: '60s',
  typescript: {
    rewritePaths: { 'gocli-ts/src/': 'dist/gocli-ts/src/', 'test/': 'dist/test/' },
    compile: false,
  },
};
