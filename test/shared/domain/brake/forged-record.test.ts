import { expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { revocationAct } from '../../../../shared/domain/brake/act.ts'
import { brakeRecord } from '../../../../shared/domain/brake/brake-record.ts'
import { findRelease, pruneBrake } from '../../../../shared/domain/brake/releases.ts'
import { defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'
import { judge } from './judging.ts'

const now = new Date('2026-03-03T10:00:00.000Z')
const own = { count: 0, percent: 0, minutes: 15 }
const terms = { limits: { ...defaultConfiguration.brake, own }, now }
const ahead = '2026-03-03T10:03:00.001Z'
const farthest = '2026-03-03T10:03:00.000Z'
const key = assignmentKey.parse('account%200000000001%ReadOnly-ps%team%GROUP%ssofile')
const link = 'links_data/team-a/root%all%ReadOnly-ps%team%GROUP%ssofile'
const act = revocationAct({ key, links: [link], cause: undefined })

const released = (at: string) =>
  brakeRecord.parse({
    lists: [],
    windows: [],
    releases: [{ digest: 'f00d', at, by: 'me', hinted: true, rule: 'own', keys: [key], items: [] }],
  })
const counted = (window: { readonly since: string; readonly busyAt?: string }) =>
  brakeRecord.parse({
    lists: [],
    windows: [{ rule: 'own', cause: 'folder', name: 'team-a', base: 0, counted: [link], ...window }],
    releases: [],
  })
const past = '2026-03-03T09:59:00.000Z'

test('a release more than three minutes in the future counts for nothing, and leaves the record', () => {
  expect(judge(released(farthest), act, terms).passes).toBe(true)
  expect(judge(released(ahead), act, terms).passes).toBe(false)
  expect(findRelease(released(ahead), 'f00d', now)).toBeUndefined()
  expect(pruneBrake(released(ahead), terms).releases).toEqual([])
})

test.each([
  ['begins', { since: farthest }, { since: ahead }],
  ['was busy', { since: past, busyAt: farthest }, { since: past, busyAt: ahead }],
])(
  'a window that %s more than three minutes in the future counts for nothing, and leaves the record',
  (_, valid, forged) => {
    expect(judge(counted(valid), act, terms).passes).toBe(true)
    expect(judge(counted(forged), act, terms).passes).toBe(false)
    expect(pruneBrake(counted(forged), terms).windows).toEqual([])
  },
)
