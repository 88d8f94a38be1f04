import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { expandScope } from '../../../../shared/domain/scopes/expand-scope.ts'
import {
  isSelectorKey,
  parseSelectorFile,
  selectorFileMostBytes,
} from '../../../../shared/domain/scopes/selector-file.ts'
import { selectorName } from '../../../../shared/domain/scopes/selector-name.ts'

const key = 'selectors/prod.json'

function parse(document: unknown, sizeBytes?: number, name = key) {
  const body = new TextEncoder().encode(typeof document === 'string' ? document : JSON.stringify(document))
  return parseSelectorFile(name, body, sizeBytes)
}

function complaintOf(document: unknown): string {
  const read = parse(document)
  return read.ok ? 'valid' : `${read.complaint.received} | ${read.complaint.expected} | ${read.complaint.remedy}`
}

test('a selector may say everything at once, three levels deep', () => {
  const leaf = { organizationalUnits: ['ou-abcd-11111111', 'r-abcd'], accounts: ['000000000001'] }
  const inner = { ...leaf, names: ['prod-*'], tags: ['team^', 'a b^c^d'], allOf: [leaf], anyOf: [], except: [leaf] }
  const document = { $schema: 'x', description: 'all of it', ...inner, allOf: [inner], anyOf: [inner], except: [inner] }
  expect(complaintOf(document)).toBe('valid')
})

test.each([
  ['asks for tags, however deep', { names: ['*'], except: [{ anyOf: [{ tags: ['a^b'] }] }] }, true],
  ['asks for none', { names: ['*'], except: [{ anyOf: [{ accounts: [] }] }] }, false],
])('it is known that a selector %s', (_, document, asksTags) => {
  expect(parse(document)).toMatchObject({ ok: true, value: { asksTags } })
})

describe('a selector that is refused', () => {
  const say = 'at least one of organizationalUnits, accounts, names, tags, allOf and anyOf (for every account: "names"'
  test.each<[string, unknown, string]>([
    ['is empty', '', 'an empty file'],
    ['is no JSON', '{', 'at line 1'],
    ['says nothing', {}, say],
    ['only takes away', { except: [{ accounts: [] }] }, say],
    ['has an object that says nothing', { anyOf: [{ accounts: [] }, {}] }, 'at $.anyOf[1]'],
    ['has all of nothing, which would be every account', { allOf: [] }, 'one at least'],
    ['has an unknown field', { account: ['000000000001'] }, "unknown field 'account'"],
    ['has an account as a number', { accounts: [123456789012] }, 'in quotation marks'],
    ['has an account with eleven digits', { accounts: ['12345678901'] }, 'an account id of twelve digits'],
    ['has a unit by its name', { organizationalUnits: ['Production'] }, 'the id of an organizational unit'],
    ['has a tag without ^', { tags: ['team=a'] }, 'a tag as key^value'],
    ['has an empty glob', { names: [''] }, 'a glob of 1 to 100 characters'],
    [
      'is four levels deep',
      { anyOf: [{ anyOf: [{ anyOf: [{ accounts: [] }] }] }] },
      "unknown field 'anyOf' at $.anyOf[0].anyOf[0]",
    ],
    ['is deeper than any JSON here', '['.repeat(30_000), '50 levels'],
    ['has too many accounts', { accounts: Array(4_001).fill('000000000001') }, '4,000'],
  ])('%s', (_, document, told) => {
    const started = performance.now()
    expect(complaintOf(document)).toContain(told)
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  test('has globs of one character too many', () => {
    const document = (rest: number) => ({
      names: Array(4).fill('a'.repeat(100)),
      except: [{ names: ['b'.repeat(rest)] }],
    })
    expect(complaintOf(document(100))).toBe('valid')
    expect(complaintOf({ ...document(100), anyOf: [{ names: ['c'] }] })).toContain('names of 501 characters')
  })

  test('is one byte larger than a selector may be', () => {
    expect(parse({ accounts: [] }, selectorFileMostBytes)).toMatchObject({ ok: true })
    expect(parse({ accounts: [] }, selectorFileMostBytes + 1)).toMatchObject({ ok: false })
  })

  test.each(['selectors/a b.json', 'selectors/a.b.json', `selectors/${'a'.repeat(65)}.json`, 'selectors/é%.json'])(
    'has a name that no link can spell: %s',
    (name) => {
      expect(isSelectorKey(name)).toBe(true)
      expect(parse({ accounts: [] }, undefined, name)).toMatchObject({ ok: false })
    },
  )
})

test('what is deeper under selectors/, or no JSON, is no selector', () => {
  expect(['selectors/old/a.json', 'selectors/a.txt', 'selectors/'].filter(isSelectorKey)).toEqual([])
})

test('the worst globs are tried against 10,000 accounts within a second', () => {
  const names = Array.from({ length: 5 }, (_, index) => `${'*a'.repeat(49)}${index}b`)
  const hostile = parse({ names })
  const accounts = Array.from({ length: 10_000 }, (_, index) => ({
    id: accountId.parse(String(200_000_000_000 + index)),
    name: 'a'.repeat(50),
    state: 'ACTIVE' as const,
    parents: ['r-abcd'],
  }))
  const view = { managementAccountId: accountId.parse('100000000000'), accounts }
  const scoping = {
    supportNestedOu: true,
    includeManagementAccount: false,
    includeOwnAccount: false,
    selectors: new Map([['prod', hostile]]),
  }
  const started = performance.now()
  expect(hostile.ok).toBe(true)
  expect(expandScope({ scope: { kind: 'select', name: selectorName.parse('prod') } }, view, scoping)).toEqual([])
  expect(performance.now() - started).toBeLessThan(1_000)
})
