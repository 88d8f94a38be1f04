import { expect, test } from '@jest/globals'
import { pageOf } from '../../../shared/memory/page-of.ts'

test('a last page that is full has no token', () => {
  const first = pageOf(['a', 'b', 'c', 'd'], { most: 2 })
  expect(first?.items).toEqual(['a', 'b'])
  expect(pageOf(['a', 'b', 'c', 'd'], { most: 2, nextToken: first?.nextToken })).toEqual({ items: ['c', 'd'] })
})

test('what is removed and added between two pages neither hides nor repeats anything else', () => {
  const first = pageOf(['b', 'c', 'd'], { most: 2 })
  expect(pageOf(['a', 'b', 'd', 'e'], { most: 2, nextToken: first?.nextToken })).toEqual({ items: ['d', 'e'] })
})

test('an empty listing has one empty page', () => {
  expect(pageOf([], { most: 20 })).toEqual({ items: [] })
})

test.each([{ token: '' }, { token: 'abcd' }, { token: 'YWZ0ZXI6Yg==' }])("'$token' is no token", ({ token }) => {
  expect(pageOf(['a', 'b'], { most: 1, nextToken: token })).toBeUndefined()
})
