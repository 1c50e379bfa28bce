// @ts-check
/**
 * The house of gocli-ts/src for dependency-cruiser (`make lint`): floors from the lowest to the highest. A room imports
 * from itself and from floors below; rooms on one floor are siblings and never import each other. ARCHITECTURE.md has
 * the picture, and a test compares the two.
 */
export const FLOORS = [
  ['errors'],
  ['shared'],
  ['events'],
  ['waiting'],
  ['ssh', 'host'],
  ['place'],
  ['provider', 'images'],
  ['addons'],
  ['machine', 'network'],
  ['frozen'],
  ['rig'],
  ['kubernetes', 'vm'],
  ['provision'],
  ['api'],
  ['cli'],
];

/** Packages that only one room may import, so that the rest of the code depends on its small interfaces. */
const PACKAGE_OWNERS = {
  dockerode: 'place',
  'tar-stream': 'place',
  ssh2: 'ssh',
  execa: 'host',
  yargs: 'cli',
};

const SRC = 'gocli-ts/src';

/** @param {readonly string[]} names */
const rooms = (names) => `^${SRC}/(${names.join('|')})/`;

const floorRules = FLOORS.flatMap((floor, index) =>
  floor.map((room) => {
    const reachable = [room, ...FLOORS.slice(0, index).flat()];
    return {
      name: `floor-of-${room}`,
      comment: `${room}/ imports from itself and from floors below it (ARCHITECTURE.md, the house)`,
      severity: 'error',
      from: { path: rooms([room]) },
      to: { path: `^${SRC}/`, pathNot: rooms(reachable) },
    };
  }),
);

const packageRules = Object.entries(PACKAGE_OWNERS).map(([name, owner]) => ({
  name: `${name}-is-for-${owner}`,
  comment: `${name} is used by ${owner}/ only; the others use its interface`,
  severity: 'error',
  from: { path: `^${SRC}/`, pathNot: rooms([owner]) },
  to: { path: `^node_modules/(@types/)?${name}/` },
}));

export default {
  forbidden: [
    ...floorRules,
    ...packageRules,
    {
      name: 'cli-asks-api',
      comment: 'cli/ parses, calls api/ and renders what that says; work belongs there or below',
      severity: 'error',
      from: { path: rooms(['cli']) },
      to: { path: `^${SRC}/[^/]+/`, pathNot: rooms(['cli', 'api', 'events', 'shared', 'errors']) },
    },
    {
      name: 'every-folder-is-a-room',
      comment: 'a new folder of src has to be given a floor in gocli-ts/house.config.js',
      severity: 'error',
      from: { path: `^${SRC}/[^/]+/`, pathNot: rooms(FLOORS.flat()) },
      to: {},
    },
    {
      name: 'no-cycles',
      comment:
        'files that load each other; types may refer to each other, and what is imported at its first use',
      severity: 'error',
      from: { path: `^${SRC}/` },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'dynamic-import'] } },
    },
    {
      name: 'zx-is-for-tests',
      comment: 'the product runs argv arrays through host/',
      severity: 'error',
      from: { path: `^${SRC}/` },
      to: { path: '^node_modules/zx/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
