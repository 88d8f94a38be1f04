import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import MarkdownIt from 'markdown-it'
import type { ToldPreview } from '../../../../handlers/cli/plan/make-plan.ts'
import { markdownMost, renderMarkdownPlan } from '../../../../handlers/cli/plan/render-markdown-plan.ts'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { type PrincipalType, principalName } from '../../../../shared/domain/principals/principal.ts'
import type { PlannedGrant } from '../../../../shared/modules/plan/planned-access.ts'
import { previewChanges } from '../../../../shared/modules/plan/preview.ts'
import { ProposedObjects } from '../../../../shared/modules/plan/proposed-objects.ts'
import { hostileNames, raw } from '../../../hostile-names.ts'
import { World } from '../../../world.ts'

let nothing: ToldPreview
beforeAll(async () => {
  const world = new World()
  const objects = new ProposedObjects(world.objects, world.clock.now())
  nothing = await world.finish(previewChanges({ ...world.ports, objects }, world.configuration, { looksMost: 0 }))
})

const digest = '0123456789abcdef0123456789abcdef'
const push = { uploads: [], deletions: [], same: [], faults: [], invalid: [], digest }
const upload = { key: 'gonedata/x', body: new Uint8Array() }

function render(changed: Partial<ToldPreview>, given: Partial<Parameters<typeof renderMarkdownPlan>[0]> = {}): string {
  const told = { push: { ...push, uploads: [upload] }, warnings: [], pause: undefined, source: 'access', ...given }
  return renderMarkdownPlan({ ...told, preview: { ...nothing, ...changed } })
}

/** Grants of one link in so many accounts. */
function grants(
  accounts: number,
  principal = 'team-Web',
  type: PrincipalType = 'GROUP',
  set = 'Read-ps',
): PlannedGrant[] {
  const permissionSet = permissionSetName.parse(set)
  const links = [`gonedata/root%all%${set}%${principal}%${type}%ssofile`]
  return Array.from({ length: accounts }, (_, index) => ({
    assignment: {
      accountId: accountId.parse(String(200_000_000_000 + index)),
      permissionSet,
      principal: principalName.parse(principal),
      type,
    },
    links,
  }))
}

const first = (told: string) => /### Look at these first\n\n([\s\S]*?)\n\n/.exec(told)?.[1] ?? ''

const noBrake = { held: 0, reasons: [], contents: [], losses: [], contentsUnchecked: 0 }

test('attributes that nobody may read are not counted', () => {
  const told = render({ attributes: 'denied' })
  expect(told).toContain('Attributes for access control')
  expect(told).not.toMatch(/\d attributes? for access control/)
})

test('the first line has the counts and the verdict of the brake', () => {
  const [line] = render({ grants: grants(3), brake: noBrake }).split('\n')
  expect(line).toBe('**3 assignments to grant, 0 to revoke.** The brake would hold nothing.')
  const [held] = render({ brake: { ...noBrake, held: 4, reasons: ['too many'] } }).split('\n')
  expect(held).toContain('**The brake would hold 4 revocations** until a person releases them.')
  const contents = [{ name: permissionSetName.parse('Set-ps'), reason: 'it leaves nothing' }]
  const file = render({ brake: { ...noBrake, contents } })
  expect(file.split('\n')[0]).toContain('**The brake would hold 1 permission set file** until a person releases it.')
  expect(file).toContain('`Set-ps`: `it leaves nothing`')
  const losses = [{ name: permissionSetName.parse('Set-ps'), reason: 'may take away a policy' }]
  const lost = render({ brake: { ...noBrake, losses } })
  expect(lost).toContain('1 permission set file that takes something away')
  expect(lost).toContain('`Set-ps`: `may take away a policy`')
  const both = render({ brake: { ...noBrake, held: 1, contents, contentsUnchecked: 3 } })
  expect(both).toContain(
    '**The brake would hold 1 revocation and 1 permission set file** until a person releases them.',
  )
  expect(both).toContain('3 changed permission sets not compared')
})

test('roles that AWS deletes stand together by permission set, the one with the most accounts first', () => {
  const vanishingRoles = [...grants(2, 'a', 'GROUP', 'Few-ps'), ...grants(200)].map(({ assignment }) => assignment)
  const [, told = ''] =
    /202 roles that AWS deletes<\/summary>\n\n([\s\S]*?)\n\n<\/details>/.exec(render({ vanishingRoles })) ?? []
  const lines = told.split('\n').filter((line) => line.startsWith('- '))
  expect(lines).toEqual([
    expect.stringMatching(
      /^- `Read-ps` in 200 accounts: 200000000000 `.*`, 200000000001 .*, 200000000002 .* and 197 more accounts$/,
    ),
    expect.stringMatching(/^- `Few-ps` in 2 accounts: 200000000000 .*, 200000000001 `.*`$/),
  ])
})

test('rules that a plan cannot judge are told', () => {
  expect(render({ rulesLater: ['only-platform'] })).toContain(
    '<details><summary>1 note</summary>\n\n- `rules about who uploads are judged when the files are uploaded: only-platform`',
  )
})

test('the digest stands at the end, and nothing of the clock anywhere', () => {
  const told = render({ viewAgeMs: 720_000 })
  expect(told).toContain(`Plan \`${digest}\``)
  expect(told).toBe(render({ viewAgeMs: 1 }))
})

describe('told first is', () => {
  test('a link that grants in more than 20 accounts, and none that grants in 20', () => {
    expect(first(render({ grants: grants(20) }))).toBe('')
    expect(first(render({ grants: grants(21) }))).toMatch(/^- \*\*21 accounts\*\*: `Read-ps` to group `team-Web`/)
  })

  test('administrator access, before what is wider', () => {
    const administrators = [permissionSetName.parse('Admin-ps')]
    const told = first(render({ administrators, grants: [...grants(21), ...grants(1, 'ops', 'GROUP', 'Admin-ps')] }))
    expect(told.split('\n').map((line) => line.slice(0, 20))).toEqual(['- **administrator**:', '- **21 accounts**: `'])
  })

  test('access of a user directly, also where it waits', () => {
    const waiting = [{ grants: grants(1, 'kim@acme.example', 'USER'), reason: 'no such user', remedy: 'make it' }]
    expect(first(render({ waiting }))).toMatch(/^- \*\*to a user directly, waits\*\*: /)
  })

  test('a permission set that becomes an administrator’s, and a change that reaches many accounts', () => {
    const permissionSets = [{ name: permissionSetName.parse('Read-ps'), change: 'update' as const, fields: ['tags'] }]
    const reach = { principals: 3, accounts: 21, assignments: 63 }
    const holders = new Map([['Read-ps', { accounts: [], reach }]])
    expect(first(render({ permissionSets, holders }))).toBe(
      '- **21 accounts**: permission set `Read-ps` is changed: `tags` (3 principals have it, in 21 accounts)',
    )
    expect(first(render({ permissionSets }))).toBe('')
    const administrators = [permissionSetName.parse('Read-ps')]
    expect(first(render({ permissionSets, administrators }))).toMatch(/^- \*\*administrator\*\*: permission set/)
  })

  test('a permission set that allows more, with the actions and the warnings', () => {
    const gained = Array.from({ length: 14 }, (_, index) => ({ name: `s3:Put${index}`, level: 'Write' as const }))
    const policies = {
      policiesGained: ['arn:aws:iam::aws:policy/A'],
      policiesDenying: [],
      policiesLost: [],
      policiesRead: [],
    }
    const policiesNotRead = [{ name: 'arn:aws:iam::aws:policy/A', why: 'no `answer`' }]
    const meaning = { gained, lost: [], changed: [], ...policies, policiesNotRead, warnings: ['think @team'] }
    const permissionSets = [{ name: permissionSetName.parse('Read-ps'), change: 'update' as const, meaning }]
    const told = first(render({ permissionSets })).split('\n')
    expect(told).toEqual([
      '- **other permissions**: permission set `Read-ps` is changed',
      '  - **warning**: `think @team`',
      '  - gains policy: `arn:aws:iam::aws:policy/A`',
      expect.stringMatching(/^ {2}- gains Write: `s3:Put0`, .*`s3:Put11` and 2 more$/),
      '  - not read: shown by ARN or name: `` arn:aws:iam::aws:policy/A: no `answer` ``',
    ])
  })

  test('a file of this push that is rejected, and none that was rejected before', () => {
    const idleLinks = ['gonedata/x', 'gonedata/old'].map((key) => ({
      key,
      state: 'rejected' as const,
      reason: 'bad',
    }))
    expect(first(render({ idleLinks }))).toBe('- **rejected**: `gonedata/x`: `bad`')
  })

  test('a file that is not valid, for which a push is refused, with what it takes away', () => {
    const fault = { received: 'a list', expected: 'an object', remedy: 'write an object' }
    const takesAway = grants(2).map(({ assignment }) => assignment)
    const one = { key: 'gonedata/x', faults: [fault], takesAway, isNamed: false }
    const told = render({}, { push: { ...push, invalid: [one] } })
    expect(told).toContain('**1 file to upload is not valid: a push is refused.**')
    expect(first(told)).toMatch(
      /^- \*\*rejected\*\*: `gonedata\/x`: `received a list.* in 2 accounts: .*; write an object`$/,
    )
    expect(render({}, { push: { ...push, invalid: [{ ...one, isNamed: true }] } })).not.toContain('a push is refused')
  })

  test('a file that cannot be read, for which a push is refused', () => {
    const faults = [{ key: 'gonedata/y', received: 'a link', expected: 'a file', remedy: 'put it there' }]
    const told = render({}, { push: { ...push, faults } })
    expect(told).toContain('**1 file cannot be read: a push is refused.**')
    expect(first(told)).toContain('`gonedata/y`')
  })
})

describe('the limit', () => {
  const links = (number: number, word: string) =>
    Array.from({ length: number }, (_, index) => grants(1, `${word}-${index}-${'x'.repeat(60)}`)).flat()

  test('ten thousand grants stay within it, and hide neither the one revocation nor the digest', () => {
    const [one] = grants(1, 'one')
    const key = assignmentKey.parse('account%200000000000%Read-ps%11111111-2222-3333-4444-555555555555%GROUP')
    const gone = [{ key: 'gonedata/gone', fate: 'deleted' as const }]
    const revocations = one ? [{ key, assignment: one.assignment, links: gone, cause: undefined }] : []
    const told = render({ grants: links(10_000, 'team'), revocations })
    expect(told.length).toBeLessThanOrEqual(markdownMost)
    expect(told.length).toBeGreaterThan(markdownMost - 1_000)
    expect(told).toContain('`gonedata/gone (gone)`')
    expect(told).toContain(`Plan \`${digest}\``)
    const shown = told.match(/^- `Read-ps` to group `team-/gm)?.length ?? 0
    expect(told).toContain(`- and ${(10_000 - shown).toLocaleString('en')} more lines left out`)
    expect(told).toContain(
      'left out here**, since a comment has no room for more. All of it: `ssofile plan --json` of `access`',
    )
  })

  test('every section too large at once stays within it, and each shows something', () => {
    const many = links(3_000, 'team')
    const uploads = many.map(({ links: [key = ''] }) => ({ key, body: new Uint8Array() }))
    const told = render(
      { grants: many, existing: many, waiting: [{ grants: many, reason: 'r'.repeat(900), remedy: 'm' }] },
      { push: { ...push, uploads }, warnings: Array.from({ length: 3_000 }, () => 'w'.repeat(500)) },
    )
    expect(told.length).toBeLessThanOrEqual(markdownMost)
    for (const [, body = ''] of told.matchAll(/<details>([\s\S]*?)<\/details>/g)) expect(body).toMatch(/^- [^a]/m)
  })
})

test('an entry of any rank is told first, however many and large the entries of other ranks are', () => {
  const long = (letter: string) => letter.repeat(900)
  const meaning = {
    ...{
      gained: [],
      lost: [],
      changed: [],
      policiesGained: [],
      policiesDenying: [],
      policiesLost: [],
      policiesRead: [],
      policiesNotRead: [],
    },
    warnings: Array.from({ length: 12 }, () => long('w')),
  }
  const permissionSets = Array.from({ length: 60 }, (_, index) => ({
    ...{ name: permissionSetName.parse(`Set${index}-ps`), change: 'update' as const, meaning },
  }))
  const users = Array.from({ length: 100 }, (_, index) => grants(1, `${index}${long('u')}`, 'USER')).flat()
  const rejected = Array.from({ length: 100 }, (_, index) => ({
    ...{ key: `gonedata/${index}`, faults: [{ received: long('x'), expected: 'y', remedy: 'z' }] },
    ...{ takesAway: [], isNamed: false },
  }))
  const told = render(
    {
      administrators: [permissionSetName.parse('Admin-ps')],
      permissionSets,
      grants: [...users, ...grants(1, 'ops', 'GROUP', 'Admin-ps')],
      waiting: [{ grants: users, reason: long('r'), remedy: 'm' }],
    },
    { push: { ...push, invalid: rejected }, warnings: Array.from({ length: 100 }, () => long('w')) },
  )
  expect(told.length).toBeLessThanOrEqual(markdownMost)
  expect(first(told)).toMatch(/^- \*\*administrator\*\*: `Admin-ps` to group `ops`/m)
  expect(first(told)).toMatch(/^- \*\*other permissions\*\*: /m)
  expect(first(told)).toMatch(/^- \*\*to a user directly\*\*: /m)
  expect(first(told)).toMatch(/^- \*\*rejected\*\*: /m)
})

describe('names from outside stay text', () => {
  const attacks = [
    ...hostileNames,
    '@acme/team',
    '`</code><img src=x onerror=alert(1)>`',
    '``` `a`` ',
    '[click](https://evil.example)',
    'https://evil.example www.evil.example kim@evil.example',
    '| a | b |',
    '**bold** _it_ ~~no~~ #12 GH-7 :tada: &lt; \\',
    '</details><!-- -->',
    '/approve',
    ' ',
    '`',
  ]

  const renderNamed = (name: string) =>
    render(
      {
        administrators: [permissionSetName.parse('Read-ps')],
        grants: grants(1, name),
        waiting: [{ grants: grants(1, name), reason: `group '${name}' is not there`, remedy: name }],
        idleLinks: [{ key: `gonedata/${name}`, state: 'rejected', reason: name }],
        brake: {
          held: 1,
          reasons: [name],
          contents: [{ name: permissionSetName.parse('Set-ps'), reason: name }],
          losses: [{ name: permissionSetName.parse('Set-ps'), reason: name }],
          contentsUnchecked: 0,
        },
      },
      { warnings: [name], source: name },
    )

  /** No name becomes anything but text in a code span. */
  function expectText(told: string): void {
    expect(told).not.toMatch(raw)
    const markdown = new MarkdownIt({ html: true, linkify: true })
    const tokens = markdown.parse(told, {}).flatMap(({ children, ...token }) => [token, ...(children ?? [])])
    const allowed =
      /^(inline|text|code_inline|softbreak|html_block|(paragraph|heading|bullet_list|list_item|strong)_(open|close))$/
    expect(tokens.map(({ type }) => type).filter((type) => !allowed.test(type))).toEqual([])
    const html = tokens.filter(({ type }) => type === 'html_block').map(({ content }) => content)
    expect(html.join('').replace(/<details><summary>[\w ,:]+<\/summary>|<\/details>|\n/g, '')).toBe('')
    const text = tokens.filter(({ type }) => type === 'text').map(({ content }) => content)
    expect(text.join('')).not.toMatch(/@|http|www|evil|alert|bold|tada/)
  }

  test.each(attacks)('%j', (name) => expectText(renderNamed(name)))

  test('a name of any length stays text where an entry is cut', () => {
    for (const length of [300, 700, 1000]) {
      const told = renderNamed('<img src=http://evil.example> @bold `'.repeat(30).slice(0, length))
      for (const line of first(told).split('\n')) expect(line.length).toBeLessThanOrEqual(1_550)
      expectText(told)
    }
  })

  test('no run of backticks is longer than four, since renderers of GitHub take a run of more than 80 for text', () => {
    const units = fc.constantFrom('`', '`'.repeat(4), '`'.repeat(81), ' ', 'a', '\\', '\u202e')
    const check = (name: string) => expect(renderNamed(name)).not.toMatch(/`{5}/)
    fc.assert(fc.property(fc.string({ unit: units, minLength: 1, maxLength: 10 }), check), { numRuns: 40 })
  })
})
