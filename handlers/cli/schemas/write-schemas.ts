import { mkdir, writeFile } from 'node:fs/promises'
import { renderJsonSchemas } from './json-schemas.ts'
import { renderOpenApi } from './openapi.ts'

/** `npm run schemas`: writes the JSON Schemas under `schemas/`, for editors, and the API as OpenAPI. */
const folder = new URL('../../../schemas/', import.meta.url)
await mkdir(folder, { recursive: true })
for (const [name, text] of renderJsonSchemas()) await writeFile(new URL(name, folder), text)
await writeFile(new URL('openapi.json', folder), renderOpenApi())
