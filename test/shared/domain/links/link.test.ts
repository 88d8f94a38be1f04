import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  isFolderMarker,
  type Link,
  parseLinkKey,
  renderGrant,
  renderLinkKey,
} from '../../../../shared/domain/links/link.ts'
import { runsOf } from '../../../depth.ts'
import { awkwardText, linkParts } from '../arbitraries.ts'
import { badLinkKeys, declaredFolders } from '../bad-keys.ts'

const parse = (name: string) => parseLinkKey(`links_data/${name}`, declaredFolders)
const complaintAbout = (key: string) => {
  const link = parseLinkKey(key, declaredFolders)
  if (link.ok) throw new Error('accepted')
  return link.complaint
}
const bytes = (text: string) => new TextEncoder().encode(text).length

describe('a link is read from its key', () => {
  test.each([
    [
      'root%all%ReadOnly%team-a%GROUP%ssofile',
      { scope: { kind: 'root' }, permissionSet: 'ReadOnly', principal: 'team-a', type: 'GROUP' },
    ],
    [
      'account%012345678901%Break+Glass=1,2.3@4-5_6%zoë.müller@acme.example%USER%ssofile',
      {
        scope: { kind: 'account', id: '012345678901' },
        permissionSet: 'Break+Glass=1,2.3@4-5_6',
        principal: 'zoë.müller@acme.example',
        type: 'USER',
      },
    ],
    [
      'ou_id%ou-abcd-11111111%P%g%GROUP%ssofile',
      { scope: { kind: 'ou_id', id: 'ou-abcd-11111111' }, permissionSet: 'P', principal: 'g', type: 'GROUP' },
    ],
    [
      'ou_id%r-abcd%P%g%GROUP%ssofile',
      { scope: { kind: 'ou_id', id: 'r-abcd' }, permissionSet: 'P', principal: 'g', type: 'GROUP' },
    ],
    [
      'account_tag%cost centre^Finance / Internal Audit%P%g%GROUP%ssofile',
      {
        scope: { kind: 'account_tag', key: 'cost centre', value: 'Finance / Internal Audit' },
        permissionSet: 'P',
        principal: 'g',
        type: 'GROUP',
      },
    ],
  ])('%s', (name, link) => {
    expect(parse(name)).toEqual({ ok: true, value: { key: `links_data/${name}`, ...link } })
  })
})

test.each(['100 % sure', '50%', '%', 'a%GROUP%ssofile', 'Support 24/7', '/', ' ', "d'audit", '財務', '👩💻', '^'])(
  'the principal may be %j',
  (principal) => {
    expect(parse(`root%all%ReadOnly%${principal}%GROUP%ssofile`)).toMatchObject({ ok: true, value: { principal } })
  },
)

test('a tag is split at its first ^, and its value may be empty', () => {
  expect(parse('account_tag%a^b^c%P%g%GROUP%ssofile')).toMatchObject({ value: { scope: { key: 'a', value: 'b^c' } } })
  expect(parse('account_tag%a^%P%g%GROUP%ssofile')).toMatchObject({ value: { scope: { key: 'a', value: '' } } })
})

test('the folder is what stands before the last / before the first %', () => {
  expect(parse('team-a/root%all%P%g%GROUP%ssofile')).toMatchObject({ value: { folder: 'team-a' } })
  expect(parse('sync/upstream/root%all%P%a/b%GROUP%ssofile')).toMatchObject({
    value: { folder: 'sync/upstream', principal: 'a/b' },
  })
  expect(parse('account_tag%a/b^c/d%P%g%GROUP%ssofile')).toMatchObject({ value: { folder: undefined } })
})

test('without declared folders only links directly under links_data/ count', () => {
  const name = 'root%all%P%g%GROUP%ssofile'
  expect(parseLinkKey(`links_data/${name}`, []).ok).toBe(true)
  expect(parseLinkKey(`links_data/team-a/${name}`, [])).toMatchObject({
    complaint: { received: "folder 'team-a'", expected: expect.stringContaining('no folders are declared') },
  })
})

test('a key elsewhere than under links_data/ is no link', () => {
  for (const prefix of ['', 'links_data', 'Links_data/', 'x/links_data/', 'assignments/']) {
    expect(complaintAbout(`${prefix}root%all%P%g%GROUP%ssofile`).expected).toBe('a key under links_data/')
  }
})

test.each(['\0', '\t', '\n', '\r', '\u001f', '\u007f', '\u0085', '\u009f', '\u2028', '\u2029', '\ud800', '\udfff'])(
  'a name with the control character %j is no link',
  (character) => {
    expect(complaintAbout(`links_data/root%all%P%a${character}b%GROUP%ssofile`).expected).toBe('printable characters')
  },
)

test('a key of 900 bytes is read, one of 901 is not', () => {
  const keyOf = (size: number) => `links_data/root%all%P%${'g'.repeat(size - 36)}%GROUP%ssofile`
  expect([bytes(keyOf(900)), bytes(keyOf(901))]).toEqual([900, 901])
  expect([parseLinkKey(keyOf(900), []).ok, parseLinkKey(keyOf(901), []).ok]).toEqual([true, false])
})

test('a permission set name may have 32 characters', () => {
  expect(parse(`root%all%${'P'.repeat(32)}%g%GROUP%ssofile`).ok).toBe(true)
})

test('a tag may have a key of 128 and a value of 256 characters', () => {
  expect(parse(`account_tag%${'k'.repeat(128)}^${'v'.repeat(256)}%P%g%GROUP%ssofile`).ok).toBe(true)
})

test('every link of the example organization is read', () => {
  const names = readFileSync(
    new URL('../../../../fixtures/organizations/acme-links.txt', import.meta.url),
    'utf8',
  ).split('\n')
  const links = names.filter((name) => name !== '')
  expect(links.length).toBeGreaterThan(5)
  expect(links.map((name) => parseLinkKey(`links_data/${name}`, [])).filter((link) => !link.ok)).toEqual([])
})

test('only a key that ends in / is a folder marker', () => {
  expect(['links_data/', 'links_data/team-a/', 'links_data/root%all%P%g%GROUP%ssofile'].map(isFolderMarker)).toEqual([
    true,
    true,
    false,
  ])
})

test('the grant of a link is its last four fields', () => {
  const link = parse('team-a/root%all%ReadOnly%50%%GROUP%ssofile')
  expect(link.ok && renderGrant(link.value)).toBe('ReadOnly%50%%GROUP%ssofile')
})

describe('a bad key is rejected, and the complaint helps', () => {
  test.each(badLinkKeys)('$title', ({ key, received, expected, remedy }) => {
    expect(complaintAbout(key)).toEqual({
      object: key,
      received: expect.stringContaining(received),
      expected: expect.stringContaining(expected),
      remedy: expect.stringContaining(remedy),
    })
  })

  test('each key of the table, and each title, stands there once', () => {
    expect(new Set(badLinkKeys.map(({ key }) => key)).size).toBe(badLinkKeys.length)
    expect(new Set(badLinkKeys.map(({ title }) => title)).size).toBe(badLinkKeys.length)
  })

  test('every remedy says what to do with the rejected key: delete it', () => {
    for (const { key } of badLinkKeys) expect(complaintAbout(key).remedy).toMatch(/\bdelete this one\b/)
  })
})

test('a key that a remedy proposes is accepted', () => {
  const proposals = badLinkKeys.flatMap(({ key }) => {
    const proposed = /^upload it again as '(.+)', then delete this one$/.exec(complaintAbout(key).remedy)?.[1]
    return proposed === undefined ? [] : [proposed]
  })
  expect(proposals.length).toBeGreaterThan(20)
  for (const key of proposals) expect(parseLinkKey(key, declaredFolders)).toMatchObject({ ok: true, value: { key } })
})

test('no access is proposed that only the writer can have meant: which account, or every account', () => {
  for (const name of ['account%1234567890%P%g%GROUP%ssofile', 'root%some%P%g%GROUP%ssofile']) {
    expect(complaintAbout(`links_data/${name}`).remedy).not.toContain('upload it again as')
  }
})

test.each([
  ['a space of no width', 'GROUP', 'a\u200bb', 'ab'],
  ['a soft hyphen', 'GROUP', 'Ver\u00adtrieb', 'Vertrieb'],
  ['a mark that turns the text around', 'USER', 'ana\u202e@acme.example', 'ana@acme.example'],
])('a name with %s is nobody’s: the key without it is proposed, and the letter is shown', (_, type, name, plain) => {
  const key = (principal: string) => `links_data/root%all%P%${principal}%${type}%ssofile`
  const { received, remedy } = complaintAbout(key(name))
  expect(received).toMatch(/\\u\{[0-9a-f]+\}/)
  expect(remedy).toBe(`upload it again as '${key(plain)}', then delete this one`)
})

test.each([
  ['GROUP', '👩\u200d💻'],
  ['GROUP', 'a\uffffb'],
  ['GROUP', '財\u3000務'],
  ['USER', 'kenji ito'],
  ['USER', 'k'.repeat(129)],
])('no %s can be called %j', (type, name) => {
  expect(parse(`root%all%ReadOnly%${name}%${type}%ssofile`).ok).toBe(false)
})

test('parsing a rendered link and rendering a parsed key change nothing', () => {
  fc.assert(
    fc.property(linkParts(declaredFolders), (parts) => {
      const key = renderLinkKey(parts as Omit<Link, 'key'>)
      const link = parseLinkKey(key, declaredFolders)
      expect(link).toEqual({ ok: true, value: { ...parts, key } })
      expect(link.ok && renderLinkKey(link.value)).toBe(key)
    }),
    { numRuns: runsOf(1000) },
  )
})

test('exactly the keys of the grammar are links', () => {
  const valid = linkParts(declaredFolders).map((parts) => renderLinkKey(parts as Omit<Link, 'key'>) as string)
  const slips = fc.constantFrom('%', '/', '^', ' ', '\n', 'x', '0', 'e\u0301', '\ud800', 'ssofile', '%GROUP', 'root')
  const nearlyValid = fc
    .tuple(valid, fc.nat(), fc.nat({ max: 3 }), fc.oneof(slips, fc.constant('')))
    .map(([key, at, cut, slip]) => {
      const place = at % (key.length + 1)
      return key.slice(0, place) + slip + key.slice(place + cut)
    })
  let tried = 0
  let accepted = 0
  fc.assert(
    fc.property(
      fc.oneof(
        valid,
        nearlyValid,
        awkwardText.map((text) => `links_data/${text}`),
      ),
      (key) => {
        const { ok } = parseLinkKey(key, declaredFolders)
        tried += 1
        if (ok) accepted += 1
        expect([key, ok]).toEqual([key, isInGrammar(key)])
      },
    ),
    { numRuns: runsOf(5000) },
  )
  expect(accepted).toBeGreaterThan(tried / 5)
})

const controls = [0x2028, 0x2029, ...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_, at) => 0x7f + at)].map(
  (code) => String.fromCodePoint(code),
)

/** The plainest reading of the grammar: one regular expression for each scope, over the whole key. */
function isInGrammar(key: string): boolean {
  if (bytes(key) > 900 || key.normalize('NFC') !== key || !key.isWellFormed()) return false
  if ([...key].some((letter) => controls.includes(letter))) return false
  const scopes = [
    'root%all',
    'ou_id%(?:ou-[0-9a-z]{4,32}-[0-9a-z]{4,32}|r-[0-9a-z]{4,32})',
    'account_tag%[^%^]{1,128}\\^[^%]{0,256}',
    'account%[0-9]{12}',
    'select%[A-Za-z0-9][A-Za-z0-9_-]{0,63}',
  ].join('|')
  const who = '[^\\p{C}\\p{Z}]{1,128}%USER|(?:[^\\p{C}\\p{Z}]|[ \u00a0])+%GROUP'
  const grammar = `links_data/(?:team-a/|sync/upstream/)?(?:${scopes})%[A-Za-z0-9_+=,.@-]{1,32}%(?:${who})%ssofile`
  return new RegExp(`^${grammar}$`, 'su').test(key)
}

test('any text is either a link or rejected with a complaint of four parts', () => {
  fc.assert(
    fc.property(awkwardText, fc.boolean(), (text, under) => {
      const key = under ? `links_data/${text}` : text
      const link = parseLinkKey(key, declaredFolders)
      if (link.ok) return
      expect(link.complaint.object).toBe(key)
      for (const part of [link.complaint.received, link.complaint.expected, link.complaint.remedy]) {
        expect(part).toMatch(/\S/)
        expect(part.length).toBeLessThan(1500)
        expect(part.isWellFormed()).toBe(true)
        expect(part).not.toMatch(/\p{Cc}/u)
      }
    }),
    { numRuns: runsOf(2000) },
  )
})

test('the folder temporary always counts', () => {
  const key = 'links_data/temporary/root%all%Admin-ps%maria%USER%ssofile'
  expect(parseLinkKey(key, [])).toMatchObject({ ok: true, value: { folder: 'temporary' } })
  expect(parseLinkKey(key.replace('temporary', 'temporary/x'), []).ok).toBe(false)
  expect(parseLinkKey(key.replace('%USER%', '%GROUP%'), []).ok).toBe(false)
})
