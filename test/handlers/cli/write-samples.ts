import { readFile, writeFile } from 'node:fs/promises'
import { documentWithSamples, fillInSamples } from './sample-output.ts'

/** `npm run samples` */
await writeFile(documentWithSamples, fillInSamples(await readFile(documentWithSamples, 'utf8')))
