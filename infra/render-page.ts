import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const folder = new URL('../shared/page/', import.meta.url)

/**
 * The parts of the page in one file: body, style and script, with the hashes by which its security policy allows them. Built in advance,
 * since no function of a deployment has a compiler.
 */
export function renderPage(): string {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL('start.ts', folder))],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    tsconfigRaw: {},
  })
  const script = (outputFiles[0]?.text ?? '').trimEnd()
  const style = read('style.css')
  if (/<\/script|<!--/i.test(script)) throw new Error('the script of the page has a text that would end it in HTML')
  const parts = { body: read('body.html'), style, styleHash: hash(style), script, scriptHash: hash(script) }
  return `${JSON.stringify(parts, undefined, 2)}\n`
}

function read(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8').trimEnd()
}

/** A hash in the notation of the policy. Source: CSP Level 3, "hash-source". */
function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`
}
