import { writeFileSync } from 'node:fs'
import { renderPage } from './render-page.ts'

/** `npm run page`: writes script, style and body of the pages, after a file of `shared/page/` has changed. */
for (const name of ['access', 'requests'] as const)
  writeFileSync(new URL(`../shared/domain/${name}-page/page.json`, import.meta.url), renderPage(name))
