import { describe, expect, test } from '@jest/globals'
import { groupPrefix, parseGroupFile, parseGroupKey } from '../../../../../shared/domain/files/group-file.ts'
import { membershipPrefix, parseMembershipKey } from '../../../../../shared/domain/files/membership-file.ts'
import { parsePersonFile, parsePersonKey, peoplePrefix } from '../../../../../shared/domain/files/person-file.ts'
import { parseRuleFile, parseRuleKey, rulePrefix } from '../../../../../shared/domain/files/rule-file.ts'
import { judgeLinkByPolicies } from '../../../../../shared/domain/guardrails/judge-by-policies.ts'
import { joinPolicies, parsePolicyFile, policyPrefix } from '../../../../../shared/domain/guardrails/policy-file.ts'
import { linkPrefix, parseLinkKey } from '../../../../../shared/domain/links/link.ts'
import { parseLinkBody } from '../../../../../shared/domain/links/link-body.ts'
import {
  parsePermissionSetFile,
  permissionSetPrefix,
} from '../../../../../shared/domain/permission-sets/permission-set-file.ts'
import type { Parsed } from '../../../../../shared/domain/statuses/complaint.ts'
import {
  parseSuspensionBody,
  parseSuspensionKey,
  suspensionPrefix,
} from '../../../../../shared/domain/suspensions/suspension.ts'
import { readText } from '../../../../house/source-files.ts'

const page = readText('docs/from-an-hr-system.md')

/** What the page uploads, and what it deletes. */
const uploads = [...page.matchAll(/^aws s3 cp - '?s3:\/\/ssofile\/([^' ]+)'? <<< '(.*)'$/gm)].map(
  ([, key = '', body = '']) => ({ key, body }),
)
const deleted = [...page.matchAll(/^aws s3 rm '?s3:\/\/ssofile\/([^' ]+)'?$/gm)].map(([, key = '']) => key)

type Judge = (key: string, body: Uint8Array) => readonly Parsed<unknown>[]
const judges: Readonly<Record<string, Judge>> = {
  [linkPrefix]: (key, body) => [parseLinkKey(key, []), parseLinkBody(key, body)],
  [permissionSetPrefix]: (key, body) => [parsePermissionSetFile(key, body)],
  [groupPrefix]: (key, body) => [parseGroupKey(key), parseGroupFile(key, body)],
  [membershipPrefix]: (key, body) => [parseMembershipKey(key, []), parseLinkBody(key, body)],
  [suspensionPrefix]: (key, body) => [parseSuspensionKey(key), parseSuspensionBody(key, body)],
  [rulePrefix]: (key, body) => [parseRuleKey(key), parseRuleFile(key, body)],
  [peoplePrefix]: (key, body) => [parsePersonKey(key), parsePersonFile(key, body)],
  [policyPrefix]: (key, body) => [parsePolicyFile(key, body)],
}

describe('the page for HR', () => {
  test.each(uploads)('uploads $key, which is valid as it stands', ({ key, body }) => {
    const judge = Object.entries(judges).find(([prefix]) => key.startsWith(prefix))?.[1]
    const found = judge?.(key, new TextEncoder().encode(body))
    expect(found?.filter(({ ok }) => !ok)).toEqual([])
  })

  test('has an example of each kind, and no command that the test does not read', () => {
    const kinds = new Set(uploads.map(({ key }) => `${key.split('/')[0]}/`))
    expect([...kinds].sort()).toEqual(Object.keys(judges).sort())
    expect(page.match(/^aws s3 /gm)?.length).toBe(uploads.length + deleted.length)
    const uploaded = new Set(uploads.map(({ key }) => key))
    expect(deleted.filter((key) => !uploaded.has(key))).toEqual([])
  })

  test('has a policy that accepts its links, and refuses them without an end or an owner', () => {
    const [, text = ''] = /^```json\n([\s\S]*?)^```$/m.exec(page) ?? []
    const policy = parsePolicyFile('policies/lifecycle.json', new TextEncoder().encode(text))
    const guardrails = joinPolicies([{ policy, size: text.length }])
    const judge = (key: string, body: string) => {
      const [link, said] = [parseLinkKey(key, []), parseLinkBody(key, new TextEncoder().encode(body))]
      if (!link.ok || !said.ok) throw new Error(key)
      const about = { uploader: 'nobody knows', accounts: [], overlaps: [] } as const
      const uploadedAt = new Date('2027-01-01T00:00:00Z')
      const { refusals } = judgeLinkByPolicies(guardrails, { link: link.value, body: said.value, uploadedAt, ...about })
      return refusals.map(({ rule }) => rule)
    }
    const links = uploads.filter(({ key }) => key.startsWith(linkPrefix))
    expect(links.map(({ key, body }) => judge(key, body))).toEqual([[], [], []])
    expect(links.map(({ key }) => new Set(judge(key, '')))).toEqual([
      new Set(),
      new Set(['contractors-end']),
      new Set(['machines-end']),
    ])
  })
})
