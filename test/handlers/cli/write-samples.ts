import { mkdir, writeFile } from 'node:fs/promises'
import { referenceFile, renderCommandReference } from './command-reference.ts'
import { fileOf, printed } from './sample-output.ts'

/** `npm run samples`: writes docs/commands.md from the help of each command, and what commands print into `printed/`. */
await mkdir(new URL('.', fileOf('any')), { recursive: true })
for (const [name, print] of Object.entries(printed)) await writeFile(fileOf(name), print())
await writeFile(referenceFile, await renderCommandReference())
