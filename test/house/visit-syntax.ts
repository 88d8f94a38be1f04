import { parseSync } from '@swc/core'

/** A node of SWC's syntax tree; which fields it has depends on its type. */
export type SyntaxNode = { readonly type: string; readonly span: { readonly start: number } } & {
  readonly [field: string]: unknown
}

/** Called for every node, outer before inner; what it answers is called when the node's inside has been visited. */
export type Visitor = (node: SyntaxNode, line: number) => (() => void) | undefined

/** Throws where the text is not TypeScript. `tsx`: with elements of JSX. */
export function visitSyntax(text: string, visit: Visitor, { tsx = false } = {}): void {
  const { body, ends } = last?.text === text && last.tsx === tsx ? last : parse(text, tsx)
  const start = body[0]?.span.start ?? 0
  walk(body, (node) => visit(node, 1 + countBelow(ends, node.span.start - start)))
}

type Syntax = {
  readonly text: string
  readonly tsx: boolean
  readonly body: ReturnType<typeof parseSync>['body']
  readonly ends: readonly number[]
}

/** Parsing costs more than visiting, and several judge one file after the other. */
let last: Syntax | undefined

function parse(text: string, tsx: boolean): Syntax {
  // SWC counts bytes on from the last file it has read: a first statement of ours shows where this one begins.
  const source = `;${text.replace(/^#!/, '//')}`
  const { body } = parseSync(source, { syntax: 'typescript', tsx, target: 'esnext' })
  const parsed = { text, tsx, body, ends: lineEnds(Buffer.from(source)) }
  last = parsed
  return parsed
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

function walk(value: unknown, visit: (node: SyntaxNode) => (() => void) | undefined): void {
  if (typeof value !== 'object' || value === null) return
  const leave = isNode(value) ? visit(value) : undefined
  // Half of all objects say where a node stands.
  for (const [field, inner] of Object.entries(value)) if (field !== 'span') walk(inner, visit)
  leave?.()
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
