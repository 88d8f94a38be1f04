import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '../build-app.ts'
import { readEnvironment } from '../read-environment.ts'
import { drawArchitecture } from './draw-architecture.ts'
import { readArchitecture, templateSchema } from './read-architecture.ts'
import { renderArchitecture } from './render-architecture.ts'

/** `npm run diagram`. */
const docs = new URL('../../docs/', import.meta.url)
const ending = '.template.json'
const outdir = mkdtempSync(join(tmpdir(), 'ssofile-architecture-'))
try {
  const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'))
  // What the functions run is not drawn.
  buildApp(await readEnvironment('example'), { outdir, context: { ...context, 'aws:cdk:bundling-stacks': [] } }).synth()
  const files = readdirSync(outdir).filter((file) => file.endsWith(ending))
  const read = (file: string) => templateSchema.parse(JSON.parse(readFileSync(join(outdir, file), 'utf8')))
  const templates = Object.fromEntries(files.map((file) => [file.replace(ending, ''), read(file)]))
  writeFileSync(new URL('architecture.svg', docs), await drawArchitecture(readArchitecture(templates)))
  writeFileSync(new URL('architecture.md', docs), renderArchitecture(templates))
} finally {
  rmSync(outdir, { recursive: true })
}
