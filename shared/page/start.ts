import { readTable } from '../domain/access-page/access-table.ts'
import { blockClass, factsId, type PageBlock, type PageFacts } from '../domain/access-page/page-data.ts'
import { AccessPage } from './access-page.ts'

/** Takes the data out of the document, which keeps only the visible content, and shows it. */
const facts: PageFacts = JSON.parse(take(document.getElementById(factsId)))
new AccessPage(readTable(blocks()), facts).start()

function* blocks(): Generator<PageBlock, void> {
  for (const element of document.querySelectorAll(`script.${blockClass}`)) yield JSON.parse(take(element))
}

function take(element: Element | null): string {
  const text = element?.textContent ?? ''
  element?.remove()
  return text
}
