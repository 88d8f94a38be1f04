import { readTable } from '../modules/access-page/rules/access-table.ts'
import { joinFacts } from '../modules/access-page/rules/join-facts.ts'
import {
  blockClass,
  deploymentClass,
  factsClass,
  type PageBlock,
  type PageFacts,
} from '../modules/access-page/rules/page-data.ts'
import { AccessPage } from './access-page.ts'

type Part = { readonly deployment: string | undefined; readonly blocks: Element[]; facts: PageFacts | undefined }

/** Takes the data out of the document, which keeps only the visible content, and shows it. */
const parts: Part[] = []
for (const element of document.querySelectorAll('script[type="application/json"]')) {
  const kind = element.className
  if (kind === deploymentClass || parts.length === 0) {
    parts.push({ deployment: kind === deploymentClass ? take(element) : undefined, blocks: [], facts: undefined })
  }
  const part = parts.at(-1)
  if (kind === blockClass) part?.blocks.push(element)
  if (kind === factsClass && part) part.facts = take(element)
}
const table = readTable(
  parts.map(({ deployment, blocks, facts }) => ({
    deployment,
    // Rows without facts are not all rows.
    blocks: facts === undefined ? [] : read(blocks),
    administratorSets: facts?.administratorSets ?? [],
  })),
)
new AccessPage(table, joinFacts(parts)).start()

function* read(blocks: readonly Element[]): Generator<PageBlock, void> {
  for (const element of blocks) yield take(element)
}

/** The page and its data are of one program. */
function take(element: Element) {
  const text = element.textContent ?? ''
  element.remove()
  return JSON.parse(text)
}
