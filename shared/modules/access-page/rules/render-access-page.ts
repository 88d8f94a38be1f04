import { type PageRow, RowCollector } from './collect-rows.ts'
import page from './page.json' with { type: 'json' }
import { blockClass, deploymentClass, factsClass, type PageFacts } from './page-data.ts'
import { renderPageHead } from './page-head.ts'

export type AccessPage = {
  readonly madeAt: string
  /** Some at a time. */
  readonly rows: AsyncIterable<readonly PageRow[]> | Iterable<readonly PageRow[]>
  /** Asked after the last row. */
  readonly facts: () => Promise<PageFacts> | PageFacts
}

/**
 * One HTML file about all access, in pieces. It loads nothing and sends nothing, since its security policy allows only its own script and
 * style, by their hashes. Names from outside are in it only as data, which the script writes as text.
 */
export async function* renderAccessPage({ madeAt, rows, facts }: AccessPage): AsyncGenerator<string, void> {
  yield renderBeginning(`Access, as of ${madeAt}`)
  const collector = new RowCollector()
  for await (const some of rows)
    for (const row of some) {
      const block = collector.add(row)
      if (block) yield embed(blockClass, block)
    }
  yield embed(blockClass, collector.take())
  yield embed(factsClass, await facts())
  yield end
}

/** A page of one deployment, by lines. */
type DeploymentPage = { readonly deployment: string; readonly lines: AsyncIterable<string> }

/**
 * One HTML file about the access in several deployments. It has the data of their pages unchanged, each after the name of its deployment. A
 * page without facts ended early: the reader of the file sees that this deployment could not be read.
 */
export async function* joinAccessPages(pages: AsyncIterable<DeploymentPage>): AsyncGenerator<string, void> {
  yield renderBeginning('Access in several deployments')
  for await (const { deployment, lines } of pages) {
    yield embed(deploymentClass, deployment)
    for await (const line of lines) if (line.startsWith(dataStart)) yield `${line}\n`
  }
  yield end
}

const renderBeginning = (title: string) => `${renderPageHead(title, contentSecurityPolicy)}
<body>
${page.body}
`
const end = `<script>${page.script}</script>\n</body>\n</html>\n`

/** The last data of a page, so this line says that all rows are there. */
export const isFacts = (line: string) => line.startsWith(`${dataStart}${factsClass}"`)

/** Each value is one line of the file. */
const dataStart = '<script type="application/json" class="'
function embed(name: string, value: unknown): string {
  return `${dataStart}${name}">${embedJson(value)}</script>\n`
}

/** `img-src data:`: the empty icon above, without which browsers ask the server for one. */
const contentSecurityPolicy = [
  "default-src 'none'",
  `script-src '${page.scriptHash}'`,
  `style-src '${page.styleHash}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/**
 * JSON that is safe inside a `<script>` element. A name from outside can neither end the element (`</script>`) nor change its state
 * (`<!--`). The two line separators that old scripts could not read are escaped. Source: HTML Standard, "Restrictions for contents of
 * script elements".
 */
function embedJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
