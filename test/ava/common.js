/** Tests run from what `make build` compiled. */
const typescript = {
  rewritePaths: { 'gocli-ts/src/': 'dist/gocli-ts/src/', 'test/': 'dist/test/' },
  compile: false,
};

/**
 * Tests without a daemon, side by side. None sets a limit of its own by t.timeout: where all stand still within that time,
 * AVA 7 never looks again. What holds AVA itself up is ended by .ci/tier.
 */
export const pure = (tier) => ({ files: [`test/${tier}/**/*.test.ts`], timeout: '60s', typescript });

/** Tests that have a container engine to themselves, one after the other. */
export const withEngine = (tier, timeout) => ({
  files: [`test/${tier}/**/*.test.ts`],
  serial: true,
  concurrency: 1,
  workerThreads: false,
  timeout,
  verbose: true,
  typescript,
});
