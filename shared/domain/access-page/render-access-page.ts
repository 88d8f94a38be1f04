import { type PageRow, RowCollector } from './collect-rows.ts'
import page from './page.json' with { type: 'json' }
import { blockClass, factsId, type PageFacts } from './page-data.ts'
import { renderPageHead } from './page-head.ts'

export type AccessPage = PageFacts & { readonly rows: AsyncIterable<PageRow> | Iterable<PageRow> }

/**
 * One HTML file about all access, in pieces. It loads nothing and sends nothing, since its security policy allows only its own script and
 * style, by their hashes. Names from outside are in it only as data, which the script writes as text.
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
