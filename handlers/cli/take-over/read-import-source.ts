import { readFile } from 'node:fs/promises'
import { type Parsed, renderComplaint } from '../../../shared/domain/statuses/complaint.ts'
import type { ImportSource } from '../../../shared/domain/take-over/import-source.ts'
import { Refusal } from '../arguments/refusal.ts'
import { isFolder } from '../folder/folder-inputs.ts'
import { parseInputFolder } from '../folder/parse-input-folder.ts'
import { parseAssignmentsCsv } from './parse-assignments-csv.ts'
import { parseLinkList } from './parse-link-list.ts'
import { parseTerraform } from './parse-terraform.ts'

/**
 * What `--from` names: `terraform show -json`, a state file of Terraform, a list of links, or CSV, as the content says; or a
 * folder with links and permission sets. Throws Refusal.
 */
export async function readImportSource(file: string): Promise<ImportSource> {
  const read = (await isFolder(file)) ? await parseInputFolder(file) : parse(file, await readText(file))
  if (!read.ok) throw new Refusal(renderComplaint(read.complaint))
  return read.value
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new Refusal(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  })
}

function parse(file: string, text: string): Parsed<ImportSource> {
  if (/^\s*\{/.test(text)) return parseTerraform(file, parseJson(file, text))
  return /%ssofile\r?$/m.test(text) ? parseLinkList(file, text) : parseAssignmentsCsv(file, text)
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Refusal(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}
