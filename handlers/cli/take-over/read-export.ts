import { open } from 'node:fs/promises'
import { parseLooseJson } from '../../../shared/domain/json/loose-json.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import {
  type ExportHeader,
  type ExportLine,
  exportHeader,
  exportLine,
} from '../../../shared/modules/take-over/rules/export-line.ts'
import { Refusal } from '../arguments/refusal.ts'
import { faultOfLine } from './judge-line.ts'

/** An export that can be read repeatedly, since it may be larger than memory. */
export type ExportFile = {
  readonly header: ExportHeader
  /** All lines but the last one. Throws Refusal for an invalid line, and for a file that is cut off. */
  readonly lines: () => AsyncIterable<ExportLine>
}

/** `undefined`: this file is no export of ssofile. Throws Refusal. */
export async function readExport(path: string, now: Date): Promise<ExportFile | undefined> {
  const header = await readHeader(path)
  return header && { header, lines: () => readLines(path, now) }
}

async function readHeader(path: string): Promise<ExportHeader | undefined> {
  for await (const line of linesOf(path)) {
    // Windows PowerShell writes a byte order mark.
    const value = parseLooseJson(line.replace(/^\uFEFF/, ''))
    if (typeof value !== 'object' || value === null || !('ssofile' in value)) return undefined
    const header = exportHeader.safeParse(value)
    if (header.success) return header.data
    throw new Refusal(
      `${quote(path, 1024)}: received an export of another version, or a header that is not valid; expected version 1: export again with this version of ssofile`,
    )
  }
  return undefined
}

async function* readLines(path: string, now: Date): AsyncGenerator<ExportLine> {
  let read = 0
  let isWhole = false
  for await (const text of linesOf(path)) {
    if (read++ === 0) continue
    const line = exportLine.safeParse(parseLooseJson(text))
    if (!line.success || isWhole) throw new Refusal(`${quote(path, 1024)}, line ${read}: received no line of an export`)
    const fault = faultOfLine(line.data, now)
    if (fault !== undefined)
      throw new Refusal(
        `${quote(path, 1024)}, line ${read}: ${fault}; export again, or delete the line and correct the last one`,
      )
    if (line.data.kind !== 'end') yield line.data
    else isWhole = line.data.lines === read - 2
  }
  if (!isWhole)
    throw new Refusal(`${quote(path, 1024)}: received an incomplete file; expected its last line; export again`)
}

async function* linesOf(path: string): AsyncGenerator<string> {
  try {
    const file = await open(path)
    yield* file.readLines()
  } catch (error) {
    throw new Refusal(`${quote(path, 1024)} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
