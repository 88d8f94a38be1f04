import * as z from 'zod'
import { type Parsed, refused, renderComplaint } from '../../../shared/domain/statuses/complaint.ts'
import type { ImportSource } from '../../../shared/modules/take-over/rules/import-source.ts'
import { Refusal } from '../arguments/refusal.ts'
import { isFolder } from '../folder/folder-inputs.ts'
import { parseInputFolder } from '../folder/parse-input-folder.ts'
import { readText } from '../tables/read-text.ts'
import { parseAssignmentsCsv } from './parse-assignments-csv.ts'
import { parseLinkList } from './parse-link-list.ts'
import { parseStackResources, stackAnswers } from './parse-stack-resources.ts'
import { parseTerraform } from './parse-terraform.ts'

/**
 * A file that looks like a source of an import and is none. Without this check, its reader would find nothing, and the import would seem to
 * succeed.
 */
type Other = { readonly is: string; readonly remedy: string }

const writeState = 'write its state: terraform show -json > FILE, without a plan, or terraform state pull > FILE'
const importAll = 'import what Identity Center has: ssofile import --assignments, without --from'
const importStack = `write what the stack has: aws cloudformation list-stack-resources --stack-name NAME --output json > FILE; or ${importAll}`
/** Such files by a field of their JSON. */
const otherJson: Readonly<Record<string, Other>> = {
  planned_values: { is: 'a plan of Terraform', remedy: writeState },
  resource_changes: { is: 'a plan of Terraform', remedy: writeState },
  encrypted_data: { is: 'an encrypted state of OpenTofu', remedy: 'write it decrypted: tofu show -json > FILE' },
  deployment: { is: 'a state of Pulumi', remedy: importAll },
  Resources: { is: 'a template of CloudFormation', remedy: importStack },
  AccountAssignments: { is: 'an answer of aws sso-admin list-account-assignments', remedy: importAll },
}
const otherText: readonly (readonly [RegExp, Other])[] = [
  [/^PK/, { is: 'ZIP data', remedy: `save a spreadsheet as CSV; for a plan of Terraform, ${writeState}` }],
  [/^\s*\[/, { is: 'a list in JSON', remedy: 'write it as CSV' }],
  [
    /^(resource|module|provider|terraform|variable|import)\b[^,;\n]*\{/m,
    { is: 'a configuration of Terraform', remedy: writeState },
  ],
  [/^(AWSTemplateFormatVersion|Resources):/m, { is: 'a template of CloudFormation', remedy: importStack }],
  [/^\s*<(!doctype|html|\?xml|[a-z]+[\s>])/i, { is: 'HTML or XML', remedy: 'save the table as CSV' }],
  [/^%PDF/, { is: 'a PDF', remedy: 'write the table as CSV' }],
  [/^\xd0\xcf|^\{\\rtf/, { is: 'a file of an office program', remedy: 'save it as CSV' }],
  [
    /^(-{3,}|\|[-=\s|]+\||ACCOUNTASSIGNMENTS)/,
    { is: 'a table for people, or the documents of another tool', remedy: importAll },
  ],
  [/^\s*(- )?[\w."'-]+:(\s|$)/, { is: 'YAML of another tool', remedy: importAll }],
]

/**
 * Reads the source that `--from` names: the output of `terraform show -json`, a state file of Terraform, resources of a stack, a list of links, CSV, or a folder
 * with links and permission sets. The content of a file tells its kind. Throws Refusal.
 */
export async function readImportSource(file: string): Promise<ImportSource> {
  const read = (await isFolder(file)) ? await parseInputFolder(file) : parse(file, await readText(file))
  if (!read.ok) throw new Refusal(renderComplaint(read.complaint))
  return read.value
}

function parse(file: string, text: string): Parsed<ImportSource> {
  const isJson = /^\s*\{/.test(text)
  const json = isJson ? parseJson(file, text) : {}
  const other = isJson
    ? Object.entries(otherJson).find(([member]) => Object.hasOwn(json, member))?.[1]
    : otherText.find(([looks]) => looks.test(text))?.[1]
  if (other) {
    const expected = 'a state of Terraform, CSV, resources of a stack of CloudFormation, or a list of links'
    return refused({ object: file, received: other.is, expected, remedy: other.remedy })
  }
  if (isJson && stackAnswers.some((member) => Object.hasOwn(json, member))) return parseStackResources(file, json)
  if (isJson) return parseTerraform(file, json)
  return /%ssofile\r?$/m.test(text) ? parseLinkList(file, text) : parseAssignmentsCsv(file, text)
}

function parseJson(file: string, text: string): object {
  try {
    return z.looseObject({}).parse(JSON.parse(text))
  } catch (error) {
    throw new Refusal(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}
