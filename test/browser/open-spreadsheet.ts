import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** `formula`: what the spreadsheet would compute; absent: the cell is text or a number. */
export type Cell = { readonly text: string; readonly formula?: string }

/** More columns than any file of ours has. */
const wideMost = 40

/** The rows of a CSV file as LibreOffice opens it, or the program that the variable SOFFICE names, with its own settings. */
export async function openSpreadsheet(csv: string | Uint8Array): Promise<readonly (readonly Cell[])[]> {
  const program = process.env.SOFFICE ?? '/usr/bin/soffice'
  if (!existsSync(program))
    throw new Error(`received no LibreOffice at ${program}, expected Calc; apt-get install libreoffice-calc-nogui`)
  const folder = await mkdtemp(join(tmpdir(), 'ssofile-spreadsheet-'))
  try {
    await writeFile(join(folder, 'opened.csv'), csv)
    // A profile of its own: one that is in use by another process is refused.
    const profile = `-env:UserInstallation=${pathToFileURL(join(folder, 'profile')).href}`
    // Commas and UTF-8, as its dialog suggests; otherwise what it does by itself.
    const filter = '--infilter=CSV:44,34,76,1'
    const args = [profile, '--headless', filter, '--convert-to', 'fods', '--outdir', folder, join(folder, 'opened.csv')]
    execFileSync(program, args, { stdio: 'pipe', timeout: 100_000 })
    return readSheet(await readFile(join(folder, 'opened.fods'), 'utf8'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Of a flat OpenDocument file. (OpenDocument 1.3, part 3, "Table Cell" and "White Space Characters".) */
function readSheet(document: string): readonly (readonly Cell[])[] {
  const rows = [...document.matchAll(/<table:table-row\b[^>]*?(?:\/>|>([\s\S]*?)<\/table:table-row>)/g)]
  return rows
    .map(([, row = '']) =>
      [...row.matchAll(/<table:table-cell\b([^>]*?)(?:\/>|>([\s\S]*?)<\/table:table-cell>)/g)].flatMap(readCells),
    )
    .filter((cells) => cells.some(({ text }) => text !== ''))
}

function readCells([, attributes = '', content = '']: RegExpMatchArray): readonly Cell[] {
  const attribute = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(attributes)?.[1]
  const lines = [...content.matchAll(/<text:p>([\s\S]*?)<\/text:p>/g)].map(([, line = '']) => readText(line))
  const formula = attribute('table:formula')
  const cell = { text: lines.join('\n'), ...(formula === undefined ? {} : { formula }) }
  // All empty columns to the right are one cell.
  const repeated = Math.min(wideMost, Number(attribute('table:number-columns-repeated') ?? 1))
  return Array.from({ length: repeated }, () => cell)
}

function readText(line: string): string {
  return line
    .replace(/<text:s(?: text:c="(\d+)")?\/>/g, (_, count = '1') => ' '.repeat(Number(count)))
    .replaceAll('<text:tab/>', '\t')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
}
