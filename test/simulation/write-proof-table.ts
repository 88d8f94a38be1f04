import { readFile, writeFile } from 'node:fs/promises'
import { withProofTable } from './proof-table.ts'

/** `npm run proofs`: writes the table of the simulation in docs/proof.md. */
const page = new URL('../../docs/proof.md', import.meta.url)
await writeFile(page, withProofTable(await readFile(page, 'utf8')))
