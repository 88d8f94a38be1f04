import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { renderPage } from '../../infra/render-page.ts'

test('the script, style and body of the page in one file are those of shared/page (npm run page writes them again)', () => {
  const written = readFileSync(new URL('../../shared/modules/access-page/rules/page.json', import.meta.url), 'utf8')
  expect(written === renderPage()).toBe(true)
})
