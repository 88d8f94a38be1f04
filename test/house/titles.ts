import { isNode, literalText, type SyntaxNode, visitSyntax } from './visit-syntax.ts'

const definers = ['describe', 'test', 'testInDepth', 'it']
const shortForms: ReadonlyMap<string, string> = new Map([
  ['fit', 'only'],
  ['fdescribe', 'only'],
  ['xit', 'skip'],
  ['xtest', 'skip'],
  ['xdescribe', 'skip'],
])

/** What says something of a subject that stands before it. */
const predicate =
  /^(is|are|was|were|has|have|had|does|do|can|cannot|may|must|will|asks|begins|belongs|counts|ends|explains|finds|gives|goes|grants|holds|keeps|leaves|lets|lists|makes|moves|names|needs|prints|reads|refuses|returns|revokes|says|sends|shows|starts|stays|stops|takes|tells|uses|waits|writes)\b/
/** Fewer than three words are no sentence; what a row fills in may be one. */
function isTooShort(whole: string): boolean {
  return !/[%$]/.test(whole) && whole.split(/[\s›]+/).length < 3
}

/** What is wrong with the titles of one test file, as `file:line: …`; empty: nothing. */
export function titleFaults(path: string, text: string): readonly string[] {
  const faults: string[] = []
  const seen = new Map<string, number>()
  const outer: string[] = []
  const lines = text.split('\n')
  visitSyntax(text, (node, line) => {
    const tell = (fault: string) => faults.push(`${path}:${line}: ${fault}`)
    const kept = keptFromRunning(node)
    if (kept === 'only') tell('runs this test only; remove it')
    if (kept === 'skip' && !hasComment(lines, line)) tell('is skipped; say why in a comment on this line or above it')
    const definition = definitionOf(node)
    if (definition === undefined) return undefined
    const { title, group } = definition
    if (/^should\b/i.test(title)) tell(`'${title}': say what holds, without 'should'`)
    if (title.trim() === '') tell('an empty title; say what holds')
    if (group) {
      outer.push(title)
      return () => outer.pop()
    }
    if (predicate.test(title) && outer.length === 0)
      tell(`'${title}': begin with its subject, or name that in the group around it`)
    const whole = [...outer, title].join(' › ')
    if (title.trim() !== '' && isTooShort(whole)) tell(`'${whole}': say what holds in a whole sentence`)
    const first = seen.get(whole)
    if (first === undefined) seen.set(whole, line)
    else tell(`'${whole}' is also the title of line ${first}; say what is different`)
    return undefined
  })
  return faults
}

/** The title of `test('…', …)`, `test.each(…)('…', …)` and their like. */
function definitionOf(node: SyntaxNode): { readonly title: string; readonly group: boolean } | undefined {
  if (node.type !== 'CallExpression' || !Array.isArray(node.arguments)) return undefined
  const definer = definerOf(node.callee)
  const title = literalText(node.arguments[0]?.expression)
  return definer === undefined || title === undefined ? undefined : { title, group: definer.endsWith('describe') }
}

/** The word that `test`, `test.skip`, `test.each(…)` or `` test.each`…` `` begin with, if it is one of jest's. */
function definerOf(callee: unknown): string | undefined {
  if (!isNode(callee)) return undefined
  if (callee.type === 'MemberExpression') return definerOf(callee.object)
  if (callee.type === 'CallExpression') return definerOf(callee.callee)
  if (callee.type === 'TaggedTemplateExpression') return definerOf(callee.tag)
  const name = callee.type === 'Identifier' ? String(callee.value) : ''
  return definers.includes(name) || shortForms.has(name) ? name : undefined
}

function keptFromRunning(node: SyntaxNode): string | undefined {
  if (node.type === 'Identifier') return shortForms.get(String(node.value))
  if (node.type !== 'MemberExpression' || definerOf(node.object) === undefined || !isNode(node.property))
    return undefined
  const name = String(node.property.value)
  return name === 'only' || name === 'skip' ? name : undefined
}

function hasComment(lines: readonly string[], line: number): boolean {
  return /\/\/.*\w/.test(lines[line - 1] ?? '') || /^\s*(\/\/|\*|\/\*).*\w/.test(lines[line - 2] ?? '')
}
