import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export type Resource = {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
  readonly DependsOn?: readonly string[]
  readonly DeletionPolicy?: string
}
export type TemplateJson = {
  readonly Resources: Readonly<Record<string, Resource>>
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>
}
/** Templates by the name of their stack. */
export type Assembly = Readonly<Record<string, TemplateJson>>

const script = fileURLToPath(new URL('./synthesize-all.ts', import.meta.url))

/**
 * The CDK's own validation reads its rules for ten seconds before it judges a first template, so one file asks for the
 * judgement of everything that is deployed: templates.test.ts. cdk-nag judges always.
 */
export type Synthesis = 'judged' | 'templates' | 'bundles'

/**
 * The templates of these environments, without bundles, by the name of the environment, and those of these fixtures of break-glass
 * access. In one process of its own: the CDK takes hundreds of megabytes, and keeps them. Throws with the findings of what judges them.
 */
export async function synthesize(
  environments: Readonly<Record<string, object>>,
  breakGlass: readonly string[],
  what: Exclude<Synthesis, 'bundles'>,
): Promise<Readonly<Record<string, Assembly>>> {
  const directory = await mkdtemp(join(tmpdir(), 'ssofile-synth-'))
  try {
    await synthesizeTo(directory, environments, what, breakGlass)
    const read = async (name: string) => [name, await readAssembly(join(directory, name))] as const
    return Object.fromEntries(await Promise.all([...Object.keys(environments), ...breakGlass].map(read)))
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Writes the whole assembly of each environment, and of each file of break-glass, into a folder of its name; bundles only where asked for. */
export async function synthesizeTo(
  directory: string,
  environments: Readonly<Record<string, object>>,
  what: Synthesis,
  breakGlass: readonly string[] = [],
): Promise<void> {
  const file = join(directory, 'environments.json')
  await writeFile(file, JSON.stringify(environments))
  const files = breakGlass.map((name) =>
    fileURLToPath(new URL(`../../fixtures/break-glass/${name}.json`, import.meta.url)),
  )
  const env = { ...process.env, CDK_VALIDATION: String(what === 'judged'), AWS_EC2_METADATA_DISABLED: 'true' }
  await promisify(execFile)(process.execPath, [script, file, directory, what, ...files], { maxBuffer: 2 ** 24, env })
}

export async function readAssembly(directory: string): Promise<Assembly> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.template.json'))
  const read = async (file: string) => {
    const template: TemplateJson = JSON.parse(await readFile(join(directory, file), 'utf8'))
    return [file.replace('.template.json', ''), template] as const
  }
  return Object.fromEntries(await Promise.all(files.map(read)))
}
