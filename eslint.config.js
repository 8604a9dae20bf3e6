import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** What knows the screen or the process; the core and the lifecycle get their input and give their output as values. */
const SCREEN_AND_PROCESS = {
  paths: [
    'chalk',
    'cli-table3',
    'inquirer',
    'process',
    'console',
    'readline',
    'tty',
    'fs',
    'fs/promises',
    'http',
    'https',
    'net',
    'child_process',
  ].flatMap((name) =>
    [name, `node:${name}`].map((path) => ({ name: path, message: 'Only src/cli and src/platform may.' })),
  ),
  patterns: [{ group: ['@oclif/*', '@inquirer/*'], message: 'Only src/commands and src/cli may.' }],
};

const HIDDEN_INPUTS = [
  { object: 'Math', property: 'random', message: 'Randomness comes in as a seed or a generator.' },
  { object: 'Date', property: 'now', message: 'The clock comes in as an argument.' },
];

export default defineConfig(
  // Applications are written for projects of their own, and checked by a compiler of theirs in a test.
  { ignores: ['dist/', 'node_modules/', 'coverage/', 'runs/', 'templates/'] },
  {
    rules: {
      // `== null` asks for null and undefined at once.
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-case-declarations': 'error',
      'no-cond-assign': 'error',
      'no-console': 'error',
      'no-empty': 'error',
      'no-irregular-whitespace': 'error',
      'no-loss-of-precision': 'error',
      'no-misleading-character-class': 'error',
      'no-prototype-builtins': 'error',
      'no-self-assign': 'error',
      'no-shadow-restricted-names': 'error',
      'no-sparse-arrays': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-catch': 'error',
      'no-useless-escape': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Numbers print as one expects; objects and undefined do not.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // noUncheckedIndexedAccess makes every array element doubtful; in numerical loops the bounds are the proof.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // An async method may have nothing to await where its interface promises a promise.
      '@typescript-eslint/require-await': 'off',
      // TensorFlow.js declares values as interfaces and makes them as classes.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Its generic tensors make assertions look idle that tell the reader rank or type.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // Tables keyed by names are plain objects here.
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['src/core/**/*.ts', 'src/lifecycle/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', SCREEN_AND_PROCESS],
      'no-restricted-globals': ['error', 'process', 'console', 'fetch', 'performance', 'crypto'],
      'no-restricted-properties': ['error', ...HIDDEN_INPUTS],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Tests take apart JSON and hand in values that the types forbid, on purpose.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  { files: ['scripts/**'], rules: { 'no-console': 'off' } },
  {
    files: ['**/*.js', '**/*.cjs', '**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', module: 'writable', URL: 'readonly' } },
  },
);
