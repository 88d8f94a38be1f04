import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { renderJsonSchemas } from './json-schemas.ts'
import { renderOpenApi } from './openapi.ts'
import { withTableOfKinds } from './table-of-kinds.ts'

/**
 * `npm run schemas`: writes the JSON Schemas under `schemas/` for editors, the API as OpenAPI, and the table of inputs in docs/statuses.md.
 */
const folder = new URL('../../../schemas/', import.meta.url)
await mkdir(folder, { recursive: true })
for (const [name, text] of renderJsonSchemas()) await writeFile(new URL(name, folder), text)
await writeFile(new URL('openapi.json', folder), renderOpenApi())
const page = new URL('../../../docs/statuses.md', import.meta.url)
await writeFile(page, withTableOfKinds(await readFile(page, 'utf8')))
