import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseFilePath, renderFilePaths } from '../../../../shared/domain/links/file-name.ts'
import { runsOf } from '../../../depth.ts'
import { anyCharacter } from '../arbitraries.ts'

const pathOf = (key: string) => renderFilePaths([key]).get(key)

/** Keys as a person or an attacker may upload them, but for lone surrogates, which no key in S3 has. */
const unit = fc.oneof(
  fc.constantFrom(
    '%',
    '/',
    '~',
    '~2f',
    '.',
    '.git',
    '\u200c',
    ' ',
    ':',
    'a',
    'A',
    'b',
    'B',
    'é',
    'É',
    'e\u0301',
    '\u0301',
    'ß',
    'ı',
    'K',
    'ς',
  ),
  anyCharacter,
)
const key = fc
  .oneof(
    fc.array(unit, { minLength: 1, maxLength: 12 }),
    fc
      .tuple(fc.array(unit, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 120 }))
      .map(([text, times]) => text.join('').repeat(times).slice(0, 300).split('')),
  )
  .map((text) => `links_data/${text.join('')}`)
  .filter((text) => text.isWellFormed() && !text.endsWith('/'))

/** What file systems make of a name: nothing, one case, the decomposed form. */
const fileSystems: Readonly<Record<string, (path: string) => string>> = {
  'tells everything apart': (path) => path,
  'does not tell upper from lower case': (path) => path.toLowerCase(),
  'compares by upper case': (path) => path.toUpperCase(),
  'stores accents decomposed': (path) => path.normalize('NFD'),
  'stores accents decomposed, and case is one': (path) => path.normalize('NFD').toLowerCase().normalize('NFD'),
}

test.each([
  'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile',
  'links_data/team-a/account_tag%team^Data & AI%Admin-ps%kim@acme.example%USER%ssofile',
  'links_data/root%all%ReadOnly-ps%データ分析 (100% Équipe)%GROUP%ssofile',
  'permission_sets/Billing-ps.json',
])('the path of the ordinary key %s is the key', (ordinary) => {
  expect(pathOf(ordinary)).toBe(ordinary)
  expect(parseFilePath(ordinary)).toBe(ordinary)
})

test.each([
  ['links_data/root%all%X%dev/ops%GROUP%ssofile', 'links_data/root%all%X%dev~2fops%GROUP%ssofile'],
  ['links_data/root%all%X%a:b?~%GROUP%ssofile', 'links_data/root%all%X%a~3ab~3f~7e%GROUP%ssofile'],
  ['links_data/../../etc/passwd', 'links_data/~2e~2e/~2e~2e/etc/passwd'],
  ['links_data/team-a/.git/config', 'links_data/team-a/~2egit/config'],
  ['links_data/\u200c.git/config', 'links_data/~e2~80~8c.git/config'],
  ['groups/.\u0301.json', 'groups/~2e~cc~81.json'],
  [`links_data/${'x'.repeat(199)}.git/config`, `links_data/${'x'.repeat(199)}~/~2egit/config`],
  ['permission_sets/con.json', 'permission_sets/~63on.json'],
  ['links_data/a//b%x. ', 'links_data/a~2f~2fb%x.~20'],
  [`links_data/root%all%X%${'é'.normalize('NFD')}%GROUP%ssofile`, 'links_data/root%all%X%e~cc~81%GROUP%ssofile'],
])('the key %j has the path %j', (awkward, path) => {
  expect(pathOf(awkward)).toBe(path)
  expect(parseFilePath(path)).toBe(awkward)
})

test('the paths of names that differ only in case differ in more', () => {
  const paths = renderFilePaths(['links_data/Team/x', 'links_data/team/X', 'links_data/team/x'])
  expect([...paths.values()].sort()).toEqual(['links_data/team/x', 'links_data/team/~58', 'links_data/~54eam/x'])
})

test('a file and a folder of one name stand beside each other', () => {
  const paths = renderFilePaths(['links_data/team', 'links_data/team/x'])
  expect([...paths.values()].sort()).toEqual(['links_data/team/x', 'links_data/~74eam'])
})

test('an accent that a file system wrote decomposed is the accent of the key', () => {
  const link = 'links_data/root%all%X%Équipe%GROUP%ssofile'
  expect(parseFilePath(link.normalize('NFD'))).toBe(link)
})

test('no name in a path has more than 255 bytes', () => {
  fc.assert(
    fc.property(key, (one) => {
      for (const name of pathOf(one)?.split('/') ?? []) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255)
    }),
  )
})

test('no path leaves the folder or has a name that begins with a dot, and Windows takes each of its names', () => {
  fc.assert(
    fc.property(key, (one) => {
      for (const name of pathOf(one)?.split('/') ?? [])
        expect(name).not.toMatch(/^$|^[\u200c.]|[. ]$|[\p{Cc}"*:<>?\\|]|^(con|nul|aux)(\.|$)/iu)
    }),
  )
})

describe.each(Object.entries(fileSystems))('on a file system that %s', (_, store) => {
  test('each key comes back, byte for byte, and no two share a file', () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 8 }), (keys) => {
        const paths = renderFilePaths(keys)
        expect([...paths.keys()].sort()).toEqual([...keys].sort())
        expect(new Set([...paths.values()].map(store)).size).toBe(keys.length)
        // A file system that keeps names as they were written gives them back so; one that decomposes does not.
        for (const [one, path] of paths) expect(parseFilePath(path.normalize('NFD'))).toBe(one)
        for (const [one, path] of paths) expect(parseFilePath(path)).toBe(one)
      }),
      { numRuns: runsOf(300) },
    )
  })
})

test('two keys that share their letters and differ in case come back from a file system that folds folders too', () => {
  const letters = fc.array(fc.constantFrom('a', 'A', '/', 'b', 'B', '~', '%'), { minLength: 1, maxLength: 5 })
  const close = letters.map((text) => `links_data/${text.join('')}`).filter((text) => !text.endsWith('/'))
  fc.assert(
    fc.property(fc.uniqueArray(close, { maxLength: 10 }), (keys) => {
      // What is already there keeps its case: the folder or file that was made first gives its name to all.
      const made = new Map<string, string>()
      const there = new Set<string>()
      for (const path of renderFilePaths(keys).values()) {
        let place = ''
        for (const name of path.split('/')) {
          const folded = `${place}/${name}`.toLowerCase()
          if (!made.has(folded)) made.set(folded, name)
          place = `${place}/${made.get(folded)}`
        }
        there.add(place.slice(1))
      }
      expect([...there].map(parseFilePath).sort()).toEqual([...keys].sort())
    }),
    { numRuns: runsOf(500) },
  )
})
