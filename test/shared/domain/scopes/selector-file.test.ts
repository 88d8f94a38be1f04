import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { expandScope, isSelected } from '../../../../shared/domain/scopes/expand-scope.ts'
import {
  askTags,
  isSelectorKey,
  nameInSelectorKey,
  parseSelectorFile,
  selectorFileMostBytes,
  selectorKey,
  tooManySelectors,
} from '../../../../shared/domain/scopes/selector-file.ts'
import { selectorName } from '../../../../shared/domain/scopes/selector-name.ts'
import { renderComplaint } from '../../../../shared/domain/statuses/complaint.ts'
import { slowed } from '../../../slowness.ts'

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

test.each(['allOf', 'anyOf'])('a selector may say %s and nothing else', (joint) => {
  expect(complaintOf({ [joint]: [{ accounts: [] }] })).toBe('valid')
})

test.each([
  ['asks for tags, however deep', { names: ['*'], except: [{ anyOf: [{ tags: ['a^b'] }] }] }, true],
  ['asks for none', { names: ['*'], except: [{ anyOf: [{ accounts: [] }] }] }, false],
])('it is known that a selector %s', (_, document, asksTags) => {
  expect(parse(document)).toMatchObject({ ok: true, value: { asksTags } })
})

test.each<[string, object, object]>([
  ['organizationalUnits', { organizationalUnits: ['ou-abcd-11111111'] }, { organizationalUnits: ['ou-abcd-22222222'] }],
  ['accounts', { accounts: ['000000000001'] }, { accounts: ['000000000002'] }],
  ['names', { names: ['x', 'prod-?'] }, { names: ['prod'] }],
  ['tags', { tags: ['team^x', 'team^y', 'a^b'] }, { tags: ['team^y', 'a^x'] }],
  ['allOf', { allOf: [{ names: ['*'] }, { names: ['p*'] }] }, { allOf: [{ names: ['*'] }, { names: ['x'] }] }],
  ['anyOf', { anyOf: [{ names: ['x'] }, { names: ['p*'] }] }, { anyOf: [] }],
  ['except', { names: ['*'], except: [{ names: ['x'] }] }, { names: ['*'], except: [{ names: ['p*'] }] }],
])('%s of a selector mean the accounts that they fit, and no others', (_, fitting, other) => {
  const account = { id: accountId.parse('000000000001'), name: 'prod-1', tags: { team: 'x' } }
  const selects = (document: object) => {
    const read = parse(document)
    return read.ok && isSelected(read.value.condition, account, ['r-abcd', 'ou-abcd-11111111'])
  }
  expect([fitting, other].map(selects)).toEqual([true, false])
})

test('tags of accounts are asked for where one valid selector asks for them', () => {
  const [tags, names, broken] = [parse({ tags: ['a^b'] }), parse({ names: ['*'] }), parse('{')]
  const asks = (...selectors: (typeof tags)[]) => askTags(new Map(selectors.map((one, at) => [String(at), one])))
  expect([asks(names, tags, broken), asks(tags), asks(names, broken), asks()]).toEqual([true, true, false, false])
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
    expect(performance.now() - started).toBeLessThan(slowed(1_000))
  })

  test('has globs of one character too many', () => {
    const most = {
      names: Array(4).fill('a'.repeat(100)),
      allOf: [{ accounts: [] }],
      except: [{ names: ['b'.repeat(100)] }],
    }
    expect(complaintOf(most)).toBe('valid')
    expect(complaintOf({ ...most, anyOf: [{ names: ['c'] }] })).toBe(
      'names of 501 characters in all | at most 500 | use fewer globs, or organizational units, tags or account ids',
    )
  })

  test('is one byte larger than a selector may be', () => {
    expect(parse({ accounts: [] }, selectorFileMostBytes)).toMatchObject({ ok: true })
    const read = parse({ accounts: [] }, selectorFileMostBytes + 1)
    expect(read.ok || renderComplaint(read.complaint)).toBe(
      'selectors/prod.json: received a file of 65537 bytes, expected at most 65536 bytes; name organizational units or tags in place of accounts, or divide it into several selectors',
    )
  })

  test('is told what to do about the field that is wrong', () => {
    expect(complaintOf({ anyOf: [{ accounts: ['1'] }] })).toBe(
      "'1' at $.anyOf[0].accounts[0] | an account id of twelve digits, in quotation marks | correct it, or leave it out; then upload the file again",
    )
  })

  test('is one of more than there may be', () => {
    const keys = Array.from({ length: 101 }, (_, number) => selectorKey(selectorName.parse(`s${number}`)))
    const selectors = tooManySelectors(keys)
    expect([...selectors.keys()]).toEqual(keys.map(nameInSelectorKey))
    expect(selectors.get('s100')).toEqual({
      ok: false,
      complaint: {
        object: 'selectors/s100.json',
        received: 'one of 101 selectors',
        expected: 'at most 100',
        remedy: 'delete those that no link names',
      },
    })
  })

  test.each(['selectors/a b.json', 'selectors/a.b.json', `selectors/${'a'.repeat(65)}.json`, 'selectors/é%.json'])(
    'has a name that no link can spell: %s',
    (name) => {
      expect(isSelectorKey(name)).toBe(true)
      expect(parse({ accounts: [] }, undefined, name)).toMatchObject({ ok: false })
    },
  )
})

test.each(['selectors/old/a.json', 'selectors/a.txt', 'selectors/', 'selectors/a.json.bak', 'old/selectors/a.json'])(
  '%s is no selector',
  (other) => {
    expect([other, key].map(isSelectorKey)).toEqual([false, true])
  },
)

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
  expect(performance.now() - started).toBeLessThan(slowed(1_000))
})
