import { parseSync } from '@swc/core'

/** A node of SWC's syntax tree; which fields it has depends on its type. */
export type SyntaxNode = { readonly type: string; readonly span: { readonly start: number } } & {
  readonly [field: string]: unknown
}

/** Called for every node, outer before inner; what it answers is called when the node's inside has been visited. */
export type Visitor = (node: SyntaxNode, line: number) => (() => void) | undefined

/** Throws where the text is not TypeScript. `tsx`: with elements of JSX. */
export function visitSyntax(text: string, visit: Visitor, { tsx = false } = {}): void {
  const { places } = last?.text === text && last.tsx === tsx ? last : parse(text, tsx)
  const left: { readonly leave: () => void; readonly end: number }[] = []
  for (const [index, { node, line, end }] of places.entries()) {
    while ((left.at(-1)?.end ?? places.length) <= index) left.pop()?.leave()
    const leave = visit(node, line)
    if (leave) left.push({ leave, end })
  }
  while (left.length > 0) left.pop()?.leave()
}

/** `end`: where in the list the first node stands that is not inside this one. */
type NodePlace = { readonly node: SyntaxNode; readonly line: number; end: number }

/** The nodes of one text, outer before inner. */
type Syntax = { readonly text: string; readonly tsx: boolean; readonly places: readonly NodePlace[] }

/** Parsing costs more than visiting, and several judge one file after the other. */
let last: Syntax | undefined

function parse(text: string, tsx: boolean): Syntax {
  // SWC counts bytes on from the last file it has read: a first statement of ours shows where this one begins.
  const source = `;${text.replace(/^#!/, '//')}`
  const { body } = parseSync(source, { syntax: 'typescript', tsx, target: 'esnext' })
  const start = body[0]?.span.start ?? 0
  const ends = lineEnds(Buffer.from(source))
  const places: NodePlace[] = []
  list(body, places, (node) => 1 + countBelow(ends, node.span.start - start))
  last = { text, tsx, places }
  return last
}

function lineEnds(source: Buffer): readonly number[] {
  const ends: number[] = []
  for (let end = source.indexOf('\n'); end >= 0; end = source.indexOf('\n', end + 1)) ends.push(end)
  return ends
}

/** How many of these ascending numbers are below a limit. By halves, since it is asked for every node of every file. */
function countBelow(ascending: readonly number[], limit: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ascending[middle] ?? limit) < limit) low = middle + 1
    else high = middle
  }
  return low
}

function list(value: object, places: NodePlace[], lineOf: (node: SyntaxNode) => number): void {
  const place = isNode(value) ? { node: value, line: lineOf(value), end: 0 } : undefined
  if (place) places.push(place)
  for (const field in value) {
    // Half of all objects say where a node stands.
    const inner: unknown = field === 'span' ? undefined : Reflect.get(value, field)
    if (typeof inner === 'object' && inner !== null) list(inner, places, lineOf)
  }
  if (place) place.end = places.length
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'span' in value
}

/** A string, or a template with `…` for each of its expressions; else `undefined`. */
export function literalText(value: unknown): string | undefined {
  if (!isNode(value)) return undefined
  if (value.type === 'StringLiteral') return String(value.value)
  if (value.type !== 'TemplateLiteral' || !Array.isArray(value.quasis)) return undefined
  return value.quasis.map(({ cooked, raw }) => cooked ?? raw).join('…')
}

/** `a` or `a.b` as written; else `undefined`. */
export function nameOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined
  if (value.type === 'Identifier') return String(value.value)
  if (value.type !== 'MemberExpression') return undefined
  const [object, property] = [nameOf(value.object), nameOf(value.property)]
  return object === undefined || property === undefined ? undefined : `${object}.${property}`
}
