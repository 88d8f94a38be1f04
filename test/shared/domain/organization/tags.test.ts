import { expect, test } from '@jest/globals'
import { tags } from '../../../../shared/domain/organization/tags.ts'

test.each(['{}', '{"team":"a","stage":""}', '{"__proto__":"x","constructor":"y"}'])('%s are tags', (text) => {
  expect(JSON.stringify(tags.parse(JSON.parse(text)))).toBe(text)
})

test.each([null, [], ['a'], 'team=a', 7, undefined, { team: 1 }, { team: 'a', stage: null }])(
  '%j are no tags',
  (value) => {
    expect(tags.safeParse(value).error?.issues.map(({ message }) => message)).toEqual([
      'expected an object whose values are texts',
    ])
  },
)
