import { expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { permissionSetArn, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { reportLeaver } from '../../../../shared/modules/people/report-leaver.ts'
import { leaverReportKey } from '../../../../shared/modules/people/rules/leaver-report.ts'
import { recordHistory } from '../../../../shared/reconcile/records/history.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const user = principalId.parse('90676a1c2d-10000000-0000-0000-0000-000000000001')
const beganMs = Date.parse('2026-03-03T10:00:00.000Z')
const hourMs = 60 * 60_000
const atHour = (hours: number) => new Date(beganMs + hours * hourMs)
const about = { user, name: principalName.parse('maria'), suspendedAt: atHour(0).toISOString() }
const nothing = {
  ...{ user, ours: [], memberships: [], kept: [], entries: new Map(), failed: [], foreign: [], groups: [] },
  ...{ throughGroups: [], groupIds: [], groupsOfOthers: [], held: undefined },
}

/** Access of Maria ends at this hour; ssofile records the end later. */
async function end({ objects }: World, permissionSet: string, hour: number): Promise<void> {
  const key = assignmentKey.parse(`account%111111111111%${permissionSet}%${user}%USER`)
  const at = atHour(hour).toISOString()
  const arn = permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef')
  const access = { principal: about.name, permissionSetArn: arn, links: [] }
  await recordHistory(objects, { key, event: 'revoked', at, access, confirmedAt: at })
}

test('looks each hour read the changes of the last hours only, and report what one look at the end reports', async () => {
  const often = new World()
  const rare = new World()
  const begins: string[] = []
  const { objects } = intercept(often.ports, ({ operation, args, proceed }) => {
    const [prefix, options] = args as readonly [string, { startAfter: string }]
    if (operation === 'list' && prefix === 'changes/') begins.push(options.startAfter)
    return proceed()
  })
  const lateEnds = new Map([
    [1, 'First-ps'],
    [30, 'Middle-ps'],
    [71, 'Last-ps'],
  ])
  for (let hour = 0; hour < 72; hour++) {
    const ended = lateEnds.get(hour)
    if (ended !== undefined) for (const world of [often, rare]) await end(world, ended, Math.max(0.5, hour - 2.5))
    await reportLeaver(about, nothing, atHour(hour), objects)
    const [date = '', time] = (begins[hour] ?? '').replace('changes/', '').split('/')
    expect(Date.parse(`${date}T${time}`)).toBeGreaterThanOrEqual(Math.max(beganMs, beganMs + (hour - 10) * hourMs))
  }
  await reportLeaver(about, nothing, atHour(71), rare.objects)
  const report = await often.json(leaverReportKey(about))
  expect(report?.access).toHaveLength(3)
  expect(report?.access).toEqual((await rare.json(leaverReportKey(about)))?.access)
})
