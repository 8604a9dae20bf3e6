/**
 * Which way imports may go: commands → cli, lifecycle → core. The files of the machine come in as interfaces,
 * so the core and the lifecycle know src/platform by its types alone.
 * @type {import('dependency-cruiser').IConfiguration}
 */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Modules that import each other cannot be understood or loaded one without the other.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'The import leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'nothing-imports-commands',
      comment: 'Commands are the outermost layer; oclif alone loads them.',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/commands' },
      to: { path: '^src/commands' },
    },
    {
      name: 'core-knows-nothing-above',
      severity: 'error',
      from: { path: '^src/core' },
      to: { path: '^src/(commands|cli|lifecycle|server|index)' },
    },
    {
      name: 'indexes-are-for-programs',
      comment:
        'Within the core a file imports the file that it needs; only lists of what there is are read as a whole.',
      severity: 'error',
      from: { path: '^src/core', pathNot: '^src/core/index' },
      to: {
        path: '^src/core/[^/]+/index\\.ts$',
        pathNot: '^src/core/(architectures|metrics|model-cards|model-structures)/',
      },
    },
    {
      name: 'lifecycle-knows-no-screen',
      severity: 'error',
      from: { path: '^src/lifecycle' },
      to: { path: '^src/(commands|cli|server|index)' },
    },
    {
      name: 'server-speaks-http-only',
      comment: 'The HTTP server answers requests with what the core computes; commands start it.',
      severity: 'error',
      from: { path: '^src/server' },
      to: { path: '^src/(commands|cli|lifecycle|index)' },
    },
    {
      name: 'platform-by-type-only',
      comment: 'The machine comes in through the interfaces of src/platform, handed in by the command.',
      severity: 'error',
      from: { path: '^src/(core|lifecycle)' },
      to: { path: '^src/platform', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'platform-knows-only-errors',
      severity: 'error',
      from: { path: '^src/platform' },
      to: { path: '^src', pathNot: '^src/(platform|core/errors)' },
    },
    {
      name: 'stages-stand-alone',
      comment: 'What two stages share belongs in src/core.',
      severity: 'error',
      from: { path: '^src/lifecycle/([^/]+)/' },
      to: { path: '^src/lifecycle/[^/]+/', pathNot: '^src/lifecycle/$1/' },
    },
    {
      name: 'no-development-packages',
      comment: 'The installed package has only its dependencies and optional peers.',
      severity: 'error',
      from: { path: '^src' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        // An optional peer counts as one that package.json does not name, too.
        dependencyTypesNot: ['npm-peer'],
        pathNot: 'node_modules/@types/',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
