// @ts-check
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const NO_DEFAULT_EXPORT = { selector: 'ExportDefaultDeclaration', message: 'export names, not defaults' };

const IN_SOURCES = [
  NO_DEFAULT_EXPORT,
  {
    selector: 'MemberExpression[object.name="AbortSignal"][property.name=/^(any|timeout)$/]',
    message: 'a garbage collection on Node 20 ends such limits; take shared/limit.ts',
  },
  {
    selector: 'CallExpression[callee.name=/^mkdir/] Property[key.name="recursive"]',
    message: 'it never ends below /proc; take makeFolder of host/atomic-files.ts',
  },
];

const NO_STATES = {
  selector: 'BinaryExpression > MemberExpression[property.name=/^(stopped|paused|readyAt)$/]',
  message: 'two verbs that compare states can disagree; ask rig/life.ts',
};

export default defineConfig(
  { ignores: ['dist/**', 'coverage/**', 'node_modules/**', '**/*.js', '**/*.mjs'] },
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
      'no-restricted-syntax': ['error', ...IN_SOURCES, NO_STATES],
    },
  },
  {
    files: ['gocli-ts/src/rig/life.ts'],
    rules: { 'no-restricted-syntax': ['error', ...IN_SOURCES] },
  },
  {
    // The reason of a bare limit is no error for users; these two make one of it, or none.
    files: ['gocli-ts/src/**/*.ts'],
    ignores: ['gocli-ts/src/waiting/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['**/shared/limit.ts'],
              importNames: ['within', 'Limit'],
              message: 'take inTime or attempt of waiting/',
            },
          ],
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
  { files: ['test/**/*.ts'], rules: { 'max-lines-per-function': 'off' } },
);
