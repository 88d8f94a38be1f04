import { writeFileSync } from 'node:fs'
import { renderPage } from './render-page.ts'

/** `npm run page`: writes script, style and body of the page in one file, after a file of `shared/page/` has changed. */
writeFileSync(new URL('../shared/modules/access-page/rules/page.json', import.meta.url), renderPage())
