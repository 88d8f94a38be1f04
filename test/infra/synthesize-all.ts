import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildApp } from '../../infra/build-app.ts'
import { environment } from '../../shared/domain/environment.ts'

/** `synthesize-all.ts <environments> <directory>`: one assembly each, in a folder of its name. */
const [file = '', directory = ''] = process.argv.slice(2)
const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'))
for (const [name, document] of Object.entries(JSON.parse(readFileSync(file, 'utf8')))) {
  const outdir = join(directory, name)
  // Only the templates matter here; `npm run synth` also makes the bundles.
  buildApp(environment.parse(document), { outdir, context: { ...context, 'aws:cdk:bundling-stacks': [] } }).synth()
}
