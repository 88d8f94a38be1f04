export { expect } from 'expect'

/** What the tests under test/shared import from `@jest/globals`, as far as they do, collected instead of run. */
export type CollectedTest = { readonly name: string; readonly run: () => Promise<void> }

type Body = (...given: never[]) => unknown
type Block = { readonly name: string; readonly before: (() => unknown)[]; readonly after: (() => unknown)[] }

/** In the order in which the files declare them. */
export const collectedTests: CollectedTest[] = []
let blocks: readonly Block[] = [newBlock('')]

/** A file of its own: what it declares outside of any block is named after it. */
export function collectFrom(file: string): void {
  blocks = [newBlock(file)]
}

export const describe = Object.assign(declareBlock, { each: each(declareBlock) })
export const test = Object.assign(declareTest, { each: each(declareTest) })

export function beforeEach(run: () => unknown): void {
  blocks.at(-1)?.before.push(run)
}

export function afterEach(run: () => unknown): void {
  blocks.at(-1)?.after.push(run)
}

export const beforeAll = refuse
export const afterAll = refuse

function refuse(): never {
  throw new Error('a test that mutants are tried on sets up what it needs itself: beforeAll and afterAll are not run')
}

function newBlock(name: string): Block {
  return { name, before: [], after: [] }
}

function declareBlock(name: string, body: () => unknown): void {
  const around = blocks
  blocks = [...around, newBlock(name)]
  body()
  blocks = around
}

function declareTest(name: string, body: () => unknown): void {
  const within = blocks
  const run = async () => {
    for (const { before } of within) for (const prepare of before) await prepare()
    try {
      await body()
    } finally {
      for (const { after } of within.toReversed()) for (const tidy of after) await tidy()
    }
  }
  collectedTests.push({ name: [...within.map((block) => block.name), name].join(' › '), run })
}

/** A row that is no array is the one argument. Numbered, for rows that the title does not tell apart. */
function each(declare: (name: string, body: () => unknown) => void) {
  return (rows: readonly unknown[]) => (name: string, body: Body) => {
    for (const [index, row] of rows.entries()) {
      const given = Array.isArray(row) ? row : [row]
      declare(`${name} (${index + 1})`, () => Reflect.apply(body, undefined, given))
    }
  }
}
