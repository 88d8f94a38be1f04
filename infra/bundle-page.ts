import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { build, type Plugin } from 'esbuild'

/**
 * Prints the folder with the bundled page, and makes it first if a source has changed: `index.html`, and a compressed script and style with a
 * hash in their names. With an argument it writes them there. A process of its own, because synth, commands and the local system need the
 * same files, and only esbuild's asynchronous functions have plugins.
 */
const root = fileURLToPath(new URL('../', import.meta.url))
const entry = join(root, 'shared/page/app/main.tsx')
const cache = join(root, 'node_modules/.cache/ssofile-page')
const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  write: false,
  outdir: '/',
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
  tsconfigRaw: {},
} as const

/** 12 % smaller than gzip. One level more would take six seconds for another 6 %. */
const compression = { [constants.BROTLI_PARAM_QUALITY]: 9 }

const [given] = process.argv.slice(2)
const folder = given ?? join(cache, hashSources())
refuseOther(folder)
if (given !== undefined || !existsSync(folder)) await write(folder)
process.stdout.write(folder)

/** It replaces the whole folder, so a wrong argument must cost nobody their files. */
function refuseOther(target: string): void {
  const files = existsSync(target) ? readdirSync(target) : []
  const strange = files.find((name) => !/^(index\.html|main-.*\.js\.br|page-.*\.css\.br)$/.test(name))
  if (strange !== undefined)
    throw new Error(
      `${target}: received a folder that has '${strange}', expected none, an empty one, or one with a bundled page; name another folder`,
    )
}

/** The sources, this script and the versions of the packages. */
function hashSources(): string {
  const hash = createHash('sha256')
  const files = ['shared/page', 'shared/domain', 'shared/modules'].flatMap((name) =>
    readdirSync(join(root, name), { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => join(one.parentPath, one.name)),
  )
  for (const file of [...files.sort(), join(root, 'package-lock.json'), fileURLToPath(import.meta.url)])
    hash.update(file.slice(root.length)).update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}

async function write(target: string): Promise<void> {
  const styles: string[] = []
  // One script: a browser asks for few files at once, and the function that answers has few instances.
  const script = await build({
    ...common,
    entryPoints: [entry],
    format: 'esm',
    entryNames: '[name]-[hash]',
    plugins: [collectStyles(styles)],
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  // One file of style for all views: a view that comes later changes nothing that is drawn.
  const style = await build({
    ...common,
    stdin: {
      contents: styles.map((path) => `@import ${JSON.stringify(path)};`).join('\n'),
      loader: 'css',
      resolveDir: root,
    },
    entryNames: 'page-[hash]',
    loader: { '.woff2': 'dataurl', '.woff': 'empty' },
  })
  const files = [script, style].flatMap(({ outputFiles }) => outputFiles)
  const part = `${target}.${process.pid}`
  mkdirSync(part, { recursive: true })
  for (const { path, contents } of files)
    writeFileSync(join(part, `${nameOf(path)}.br`), brotliCompressSync(contents, { params: compression }))
  writeFileSync(
    join(part, 'index.html'),
    renderIndex(nameOf(script.outputFiles[0]?.path), nameOf(style.outputFiles[0]?.path)),
  )
  rmSync(target, { recursive: true, force: true })
  renameSync(part, target)
}

/** The styles that scripts import, in the order of their first import. */
function collectStyles(found: string[]): Plugin {
  return {
    name: 'styles',
    setup: ({ onLoad }) =>
      onLoad({ filter: /\.css$/ }, ({ path }) => {
        found.push(path)
        return { contents: '', loader: 'js' }
      }),
  }
}

function nameOf(path = ''): string {
  return basename(path)
}

/** A browser draws nothing before the style in its head has come, so the style stands behind the first words. (HTML, "Render-blocking mechanism".) */
function renderIndex(script: string, style: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ssofile</title>
<link rel="icon" href="data:,">
</head>
<body>
<div id="page"><p>ssofile is loading…</p></div>
<link rel="stylesheet" href="/files/${style}">
<noscript>This page needs JavaScript. Without it: ssofile request, requests, approve, deny and finish.</noscript>
<script type="module" src="/files/${script}"></script>
</body>
</html>
`
}
