import type * as jest from '@jest/globals'
import { quickExpect } from './quick-expect.ts'

type Globals = Pick<typeof jest, 'afterAll' | 'afterEach' | 'beforeAll' | 'beforeEach' | 'describe' | 'expect' | 'test'>

/** What test files import from `@jest/globals`: that of the test file that is run now. */
export let { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } = {} as Globals

export function speakFor(globals: Globals): void {
  ;({ afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } = globals)
  expect = quickExpect(globals.expect)
}
