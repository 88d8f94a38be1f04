import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readBreakGlass } from '../../handlers/cli/break-glass/read-break-glass.ts'
import { buildBreakGlassApp } from '../../infra/break-glass/build-break-glass-app.ts'
import { buildApp } from '../../infra/build-app.ts'
import { environment } from '../../shared/domain/deployment/environment.ts'

/**
 * `synthesize-all.ts <environments> <directory> judged|templates|bundles <break-glass file>…`: one assembly each, in a folder of its
 * name.
 */
const [file = '', directory = '', what, ...breakGlassFiles] = process.argv.slice(2)
const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'))
// As `npm run deploy` names each of its runs. Bundles take a second each; most tests need none.
const unbundled = what === 'bundles' ? {} : { 'aws:cdk:bundling-stacks': [] }
for (const [name, document] of Object.entries(JSON.parse(readFileSync(file, 'utf8')))) {
  const outdir = join(directory, name)
  buildApp(environment.parse(document), { outdir, context: { ...context, ...unbundled, run: 'a deployment' } }).synth()
}
for (const path of breakGlassFiles) {
  const definition = await readBreakGlass(path)
  buildBreakGlassApp(definition, { outdir: join(directory, definition.name), context }).synth()
}
