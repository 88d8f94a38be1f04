import { readFile } from 'node:fs/promises'
import type * as z from 'zod'
import {
  type Configuration,
  configuration,
  configurationRules,
  defaultConfiguration,
} from '../../../shared/domain/deployment/configuration.ts'
import { faultsOfIssues, type JsonRules } from '../../../shared/domain/json/json-faults.ts'
import { placeOf, renderJsonPath } from '../../../shared/domain/json/json-path.ts'
import { parseStrictJson } from '../../../shared/domain/json/strict-json.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { Refusal } from '../arguments/refusal.ts'

/** The configuration in `file`, or the default one. Throws Refusal with every fault, each with its line and column. */
export async function readConfiguration(file: string | undefined): Promise<Configuration> {
  if (file === undefined) return defaultConfiguration
  return readStrictFile({ file, what: 'configuration', schema: configuration, rules: configurationRules })
}

/** A JSON file that must match its schema. Throws Refusal with every fault, each with its line and column, in the words of the rules. */
export async function readStrictFile<T>(read: {
  readonly file: string
  readonly what: string
  readonly schema: z.ZodType<T>
  readonly rules: JsonRules
}): Promise<T> {
  const { file, what, schema, rules } = read
  const body = await readBytes(file)
  const document = parseStrictJson(file, body)
  const head = `${quote(file, 1024)} is not a valid ${what}:`
  if (!document.ok) {
    const { received, expected, remedy } = document.complaint
    throw new Refusal(`${head}\n  received ${received}, expected ${expected}; ${remedy}`)
  }
  const parsed = schema.safeParse(document.value)
  if (parsed.success) return parsed.data
  const text = new TextDecoder().decode(body)
  const faults = faultsOfIssues(parsed.error.issues, document.value, rules)
  const told = faults.map(({ path, field, received, expected, remedy }) => {
    const { line, column } = placeOf(text, field === undefined ? path : [...path, field])
    return `  ${line}:${column}  ${renderJsonPath(path)}  received ${received}, expected ${expected}; ${remedy}`
  })
  throw new Refusal([head, ...told].join('\n'))
}

export async function readJsonFile(file: string): Promise<unknown> {
  try {
    return JSON.parse((await readBytes(file)).toString('utf8'))
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new Refusal(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
