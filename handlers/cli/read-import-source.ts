import { readFile } from 'node:fs/promises'
import { type Parsed, renderComplaint } from '../../shared/domain/complaint.ts'
import type { ImportSource } from '../../shared/domain/import-source.ts'
import { parseAssignmentsCsv } from './parse-assignments-csv.ts'
import { parseLinkList } from './parse-link-list.ts'
import { parseTerraformAssignments } from './parse-terraform-assignments.ts'
import { Refusal } from './refusal.ts'

/** The file that `--from` names: `terraform show -json`, a list of links, or CSV; its content says which. Throws Refusal. */
export async function readImportSource(file: string): Promise<ImportSource> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Refusal(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  })
  const read = parse(file, text)
  if (!read.ok) throw new Refusal(renderComplaint(read.complaint))
  return read.value
}

function parse(file: string, text: string): Parsed<ImportSource> {
  if (/^\s*\{/.test(text)) return parseTerraformAssignments(file, parseJson(file, text))
  return /%ssofile\r?$/m.test(text) ? parseLinkList(file, text) : parseAssignmentsCsv(file, text)
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Refusal(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}
