import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { renderPage } from '../../infra/render-page.ts'

test.each(['access', 'requests'] as const)(
  'the script, style and body of the page of %s are those of shared/page (npm run page writes them again)',
  (name) => {
    const written = readFileSync(new URL(`../../shared/domain/${name}-page/page.json`, import.meta.url), 'utf8')
    expect(written === renderPage(name)).toBe(true)
  },
)
