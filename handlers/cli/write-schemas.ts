import { mkdir, writeFile } from 'node:fs/promises'
import { renderJsonSchemas } from './json-schemas.ts'

/** `npm run schemas`: writes the JSON Schemas under `schemas/`, for editors. */
const folder = new URL('../../schemas/', import.meta.url)
await mkdir(folder, { recursive: true })
for (const [name, text] of renderJsonSchemas()) await writeFile(new URL(name, folder), text)
