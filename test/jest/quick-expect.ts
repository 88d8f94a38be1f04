import type { expect as jestExpect } from '@jest/globals'

type Expect = typeof jestExpect

type Store = { matchers: object }

/**
 * Jest makes six functions of each of its matchers whenever a test calls `expect`, and notes where: 50 µs, a tenth of all that unit tests
 * did. This one waits until the test names the matcher, and shows Jest only that.
 */
export function quickExpect(expect: Expect): Expect {
  // Where Jest keeps its matchers.
  const store: Store = Reflect.get(globalThis, Symbol.for('$$jest-matchers-object'))
  const matchersOf = (given: readonly unknown[], way: readonly string[]): object => {
    const get = (_: object, name: string | symbol) => {
      const next = [...way, String(name)]
      // Not a matcher: `not`, `resolves` or `rejects`.
      return name in store.matchers
        ? oneMatcher(store, () => Reflect.apply(expect, undefined, given), next)
        : matchersOf(given, next)
    }
    return new Proxy({}, { get })
  }
  return new Proxy(expect, { apply: (_, __, given) => matchersOf(given, []) })
}

function oneMatcher(store: Store, expectAll: () => object, way: readonly string[]): unknown {
  const waits = way.includes('resolves') || way.includes('rejects')
  const { matchers } = store
  const { stackTraceLimit } = Error
  const name = way.at(-1) ?? ''
  store.matchers = { [name]: Reflect.get(matchers, name) }
  // A matcher that waits for a promise says later where it was called; the others find that out when they fail.
  if (!waits) Error.stackTraceLimit = 0
  try {
    const matcher = way.reduce<object>((at, part) => Reflect.get(at, part), expectAll())
    return waits ? withoutThisFile(matcher) : matcher
  } finally {
    store.matchers = matchers
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** Jest shows the line at which the stack of an error begins: let that be one of the test. */
function withoutThisFile(matcher: object) {
  return async (...given: unknown[]): Promise<unknown> => {
    try {
      return await Reflect.apply(Object(matcher), undefined, given)
    } catch (error) {
      if (error instanceof Error) error.stack = error.stack?.replaceAll(/\n.*\bquick-expect\.ts.*/g, '')
      throw error
    }
  }
}
