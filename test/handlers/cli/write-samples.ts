import { readFile, writeFile } from 'node:fs/promises'
import { fillInSamples, pagesWithSamples } from './sample-output.ts'

/** `npm run samples` */
for (const page of pagesWithSamples) await writeFile(page, fillInSamples(page, await readFile(page, 'utf8')))
