import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readBreakGlass } from '../../../handlers/cli/break-glass/read-break-glass.ts'
import { buildBreakGlassApp } from '../../../infra/break-glass/build-break-glass-app.ts'

/** `synthesize-each.ts <directory> <file>…`: one assembly each, in a folder of its name; see synthesize-all.ts. */
const [directory = '', ...files] = process.argv.slice(2)
const { context } = JSON.parse(readFileSync(new URL('../../../cdk.json', import.meta.url), 'utf8'))
for (const file of files) {
  const definition = await readBreakGlass(file)
  buildBreakGlassApp(definition, { outdir: join(directory, definition.name), context }).synth()
}
