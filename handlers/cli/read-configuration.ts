import { readFile } from 'node:fs/promises'
import * as z from 'zod'
import { type Configuration, configuration, defaultConfiguration } from '../../shared/domain/configuration.ts'
import { Refusal } from './refusal.ts'

/** The configuration in `file`, or the default one. Throws Refusal with every fault and where it stands. */
export async function readConfiguration(file: string | undefined): Promise<Configuration> {
  if (file === undefined) return defaultConfiguration
  const parsed = configuration.safeParse(await readJsonFile(file))
  if (!parsed.success) throw new Refusal(`${file} is not a valid configuration:\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}

export async function readJsonFile(file: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new Refusal(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Refusal(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}
