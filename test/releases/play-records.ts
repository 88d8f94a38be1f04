import * as z from 'zod'
import { configuration } from '../../shared/domain/deployment/configuration.ts'
import { permissionSetName } from '../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { parseOrganizationFile } from '../../shared/memory/organization-file.ts'
import { tellOutcomes } from '../../shared/modules/notifications/tell-outcomes.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { noteDeletion } from '../../shared/reconcile/records/deletion-notes.ts'
import { recordEndedSessions } from '../../shared/reconcile/records/ended-sessions.ts'
import { recordFailure } from '../../shared/reconcile/records/failures.ts'
import { claimBucket } from '../../shared/reconcile/records/owner.ts'
import { pauseChanges, resumeChanges } from '../../shared/reconcile/records/pause.ts'
import { World } from '../world.ts'

const accounts = Array.from({ length: 30 }, (_, index) => String(100_000_000_000 + index))
const management = '999999999999'

function organization() {
  const account = (id: string) => ({ id, name: id, email: `${id}@example.com`, tags: { owner: 'tom' } })
  const file = parseOrganizationFile('an organization of which every record tells', {
    managementAccountId: management,
    root: {
      id: 'r-acme',
      accounts: [account(management)],
      organizationalUnits: [
        { id: 'ou-acme-workload', name: 'Workloads', accounts: accounts.map(account), organizationalUnits: [] },
      ],
    },
    groups: ['developers', 'security', 'auditors'],
    users: ['maria', 'tom'],
    permissionSets: [{ permissionSetName: 'Theirs-ps' }],
    assignments: [{ account: accounts[3], permissionSet: 'Theirs-ps', principal: 'auditors', type: 'GROUP' }],
  })
  if (!file.ok) throw new Error(JSON.stringify(file.complaint))
  return file.value
}

const settings = configuration.parse({
  folders: ['team-a'],
  notifications: {
    receivers: [{ name: 'all', mail: ['all@example.com'], operators: true, permissionSets: true, folders: [''] }],
  },
})
const queueUrls = { work: 'https://sqs.example/work', dispatch: 'https://sqs.example/dispatch' }

/** A world in which a short life leaves records of each kind, and messages of each kind are sent. */
export class RecordsLife {
  readonly world: World

  constructor(wrap?: (ports: Ports) => Ports) {
    this.world = new World({ organization: organization(), configuration: settings, ...(wrap && { wrap }) }).start()
  }

  id(type: 'GROUP' | 'USER', name: string) {
    return principalId.parse(this.world.identityStore.idOf(type, name))
  }

  async statusOf(input: string): Promise<unknown> {
    return (await this.world.json(`status/${input}.json`))?.state
  }

  async #tell(): Promise<void> {
    const { ports, configuration: known } = this.world
    const eventBus = { put: async () => [] }
    await this.world.finish(tellOutcomes({ ...ports, eventBus }, known))
  }

  async #sweepAndNight(): Promise<void> {
    const { world } = this
    await world.finish(world.everyHour())
    await world.finish(world.everyMinute())
    await world.finish(world.everyFiveMinutes())
    await world.finish(world.everyNight())
    await world.clock.advance(60_000)
    await world.finish(world.everyMorning())
  }

  /** What comes in is worked on, and each schedule runs once. */
  async turn(): Promise<void> {
    const { world } = this
    await world.clock.advance(30_000)
    for (const run of ['everyMinute', 'everyFiveMinutes', 'everyHour', 'everyMinute'] as const) {
      await world.finish(world[run]())
      await world.clock.advance(30_000)
    }
    await this.#tell()
  }

  /** Permission set, links of every kind, access of others, a selector, a policy, and what becomes of all that. */
  async grant(): Promise<void> {
    const { world } = this
    const { objects, ports } = world
    await claimBucket(ports, { name: 'test', queueUrls, configuration: world.configuration })
    await objects.put('selectors/some.json', JSON.stringify({ accounts: [accounts[0]] }))
    await objects.put('policies/a.json', JSON.stringify({ contact: 'Ann' }))
    await objects.put('permission_sets/Read-ps.json', JSON.stringify({ permissionSetName: 'Read-ps' }))
    const until = { expiresAt: '2026-03-04T10:00:00Z', reason: 'x', ticket: 'CHG1' }
    await objects.put('links_data/ou_id%ou-acme-workload%Read-ps%developers%GROUP%ssofile', JSON.stringify(until))
    await objects.put(`links_data/account%${accounts[3]}%Theirs-ps%auditors%GROUP%ssofile`, '')
    await objects.put(`links_data/team-a/account%${accounts[4]}%Absent-ps%auditors%GROUP%ssofile`, '')
    await objects.put(`links_data/account%${accounts[5]}%Read-ps%maria%USER%ssofile`, '')
    await objects.put('links_data/root%al%Read-ps%auditors%GROUP%ssofile', '')
    await world.clock.advance(90_000)
    await this.#tell()
    await this.#sweepAndNight()
  }

  /** A request that is approved, sessions that are ended, a pause, and what an API and a failure note. */
  async act(): Promise<void> {
    const { world } = this
    const { objects, ports, identityStore } = world
    await identityStore.createGroupMembership(this.id('GROUP', 'developers'), this.id('USER', 'maria'))
    await identityStore.createGroupMembership(this.id('GROUP', 'security'), this.id('USER', 'tom'))
    const rule = {
      for: { groups: ['developers'] },
      permissionSets: ['Read-ps'],
      scopes: ['ou_id%ou-acme-workload'],
      longest: 'PT8H',
      approvers: { groups: ['security'] },
      approvals: 1,
    }
    await objects.put('eligibility/readers.json', JSON.stringify(rule))
    await world.finish(world.everyHour())
    const asked = `requests/${this.id('USER', 'maria')}/account%${accounts[6]}%Read-ps%maria%USER%ssofile`
    await objects.put(asked, JSON.stringify({ duration: 'PT1H', reason: 'disk full' }))
    await world.clock.advance(5_000)
    const status = await world.json(`status/${asked}.json`)
    const { request } = z.object({ request: z.object({ digest: z.string() }) }).parse(status)
    await objects.put(`approvals/${this.id('USER', 'tom')}/${request.digest}`, JSON.stringify({ decision: 'approve' }))
    await world.clock.advance(20_000)
    const instant = (hours: number) => new Date(world.clock.now().getTime() + hours * 3_600_000).toISOString()
    await recordEndedSessions(ports.objects, [
      {
        ...{ user: this.id('USER', 'maria'), name: 'maria', permissionSet: permissionSetName.parse('Read-ps') },
        ...{ before: instant(0), until: instant(12), by: 'ann' },
      },
    ])
    await world.finish(world.everyMinute())
    await pauseChanges(ports, { reason: 'a change of the network', by: 'ann' })
    await world.finish(world.everyMinute())
    await resumeChanges(ports, 'ann')
    await world.finish(world.everyMinute())
    const head = await objects.head(`links_data/account%${accounts[5]}%Read-ps%maria%USER%ssofile`)
    if (head) await noteDeletion(ports.objects, head, { arn: 'arn:aws:sts::1:assumed-role/team-a/maria' })
    await recordFailure(ports, { messageId: 'message-1', receiveCount: 2, error: new Error('S3 is busy') })
    await this.#tell()
    await this.#sweepAndNight()
  }

  /** So many links go at once that the brake holds what they gave. */
  async hold(): Promise<void> {
    const { world } = this
    const links = accounts.slice(7).map((id) => `links_data/account%${id}%Read-ps%security%GROUP%ssofile`)
    for (const link of links) await world.objects.put(link, '')
    await world.clock.advance(90_000)
    for (const link of links) await world.objects.delete(link)
    await world.clock.advance(60_000)
    await world.finish(world.everyMinute())
    await this.#tell()
    await this.#sweepAndNight()
  }
}
