// @ts-check
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Folders of gocli-ts/src from the lowest to the highest; a file imports from its own folder and lower ones. */
const LAYERS = [
  'errors',
  'shared',
  'events',
  'config',
  'host',
  'docker',
  'ssh',
  'waiting',
  'network',
  'machine',
  'frozen',
  'k8s',
  'cluster',
  'provision',
  'cli',
];

/** Packages that only one folder may import, so that the rest of the code depends on its small interfaces. */
const PACKAGE_OWNERS = {
  dockerode: 'docker',
  'tar-stream': 'docker',
  'tar-fs': 'ssh',
  ssh2: 'ssh',
  execa: 'host',
  yargs: 'cli',
};

const NO_DEFAULT_EXPORT = { selector: 'ExportDefaultDeclaration', message: 'export names, not defaults' };

const layerRules = LAYERS.map((layer, index) => ({
  files: [`gocli-ts/src/${layer}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          ...LAYERS.slice(index + 1).map((higher) => ({
            regex: `^(\\.\\./)+${higher}/`,
            message: `${layer} is a lower layer than ${higher} (ARCHITECTURE.md, layers)`,
          })),
          { regex: '^(\\.\\./)+(main|context)\\.ts$', message: 'only main.ts imports context.ts' },
          {
            regex: '^zx',
            message: 'zx is for tests and benchmarks; the product runs argv arrays through host/',
          },
          ...Object.entries(PACKAGE_OWNERS)
            .filter(([, owner]) => owner !== layer)
            .map(([name, owner]) => ({
              regex: `^${name}(/|$)`,
              message: `${name} is used by ${owner}/ only`,
            })),
        ],
      },
    ],
  },
}));

export default defineConfig(
  { ignores: ['dist/**', 'coverage/**', 'node_modules/**', '**/*.js'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // What is held by "using" need not be looked at.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreUsingDeclarations: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'max-lines': ['error', { max: 400, skipBlankLines: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT],
    },
  },
  {
    files: ['gocli-ts/src/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        NO_DEFAULT_EXPORT,
        {
          selector: 'MemberExpression[object.name="AbortSignal"][property.name=/^(any|timeout)$/]',
          message: 'a garbage collection on Node 20 ends such limits; take shared/limit.ts',
        },
      ],
    },
  },
  {
    files: ['gocli-ts/src/**/*.ts'],
    ignores: ['gocli-ts/src/main.ts', 'gocli-ts/src/context.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'exit', message: 'only main.ts ends the process' },
        { object: 'process', property: 'env', message: 'the environment comes in through the context' },
      ],
    },
  },
  ...layerRules,
  { files: ['test/**/*.ts'], rules: { 'max-lines-per-function': 'off' } },
);
