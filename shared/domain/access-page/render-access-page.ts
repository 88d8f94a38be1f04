import { type PageRow, RowCollector } from './collect-rows.ts'
import { embedJson } from './embed-json.ts'
import page from './page.json' with { type: 'json' }
import { blockClass, factsId, type PageFacts } from './page-data.ts'
import { renderPageHead } from './page-head.ts'

export type AccessPage = PageFacts & { readonly rows: AsyncIterable<PageRow> | Iterable<PageRow> }

/**
 * One HTML file about all access, in pieces. It loads nothing and sends nothing: its security policy allows its own script
 * and style, by their hashes, and nothing else. Names from outside stand in it as data only; the script writes them as text.
 */
export async function* renderAccessPage({ rows, ...facts }: AccessPage): AsyncGenerator<string, void> {
  yield `${renderPageHead(`Access, as of ${facts.madeAt}`, contentSecurityPolicy)}
<body>
${page.body}
`
  const collector = new RowCollector()
  for await (const row of rows) {
    const block = collector.add(row)
    if (block) yield `<script type="application/json" class="${blockClass}">${embedJson(block)}</script>\n`
  }
  yield `<script type="application/json" class="${blockClass}">${embedJson(collector.take())}</script>\n`
  yield `<script type="application/json" id="${factsId}">${embedJson(facts)}</script>\n`
  yield `<script>${page.script}</script>\n</body>\n</html>\n`
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
