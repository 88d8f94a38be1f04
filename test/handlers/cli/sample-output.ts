import { renderIncident } from '../../../handlers/cli/break-glass/incident.ts'
import { renderHeld, type ShownList } from '../../../handlers/cli/operations/render-held.ts'
import { renderPlan } from '../../../handlers/cli/plan/render-plan.ts'
import { renderOpenRequests } from '../../../handlers/cli/requests/requests.ts'
import { renderSummary } from '../../../handlers/cli/status/render-status.ts'
import { AccessTable } from '../../../handlers/cli/who/render-access.ts'
import {
  type Assignment,
  type AssignmentKey,
  renderAssignmentKey,
  renderAssignmentName,
} from '../../../shared/domain/assignments/assignment.ts'
import { countTaken } from '../../../shared/domain/brake/taken.ts'
import { renderAthenaQuery } from '../../../shared/domain/deployment/trail-queries.ts'
import { requestDigest } from '../../../shared/domain/files/access-request.ts'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../shared/domain/principals/principal.ts'
import type { Status } from '../../../shared/domain/statuses/status.ts'
import type { HeldAccess } from '../../../shared/modules/access/expand-access.ts'
import { noMemberships } from '../../../shared/modules/plan/list-membership-changes.ts'
import type { Preview } from '../../../shared/modules/plan/preview.ts'
import { possibleSessionsOf } from '../../../shared/modules/requests/rules/possible-sessions.ts'
import { tellStory } from '../../../shared/modules/requests/rules/request-story.ts'
import { breakGlassSamples } from './break-glass-samples.ts'
import { renderSuspendSamples } from './people-samples.ts'

const now = new Date('2026-03-03T10:00:00.000Z')
const at = now.toISOString()
const width = 80
const sizes = [5, 500, 10_000]
const teams = ['Accountants', 'CloudOperators', 'DataScientists', 'Logistics', 'Platform', 'Shop', 'Support']
const sets = ['ReadOnly-ps', 'Billing-ps', 'CloudOperator-ps', 'DataScientist-ps']
const people = 'ana bo cy dan eve fay gus hana ivo jun kai lea max nia ole pia quinn rui sam tom'.split(' ')
const stages = ['prod', 'staging', 'test']

type Sample = { readonly key: string; readonly assignment: Assignment; readonly accountName: string }

/** Link after link of an organization of 500 accounts, each for one account. */
function sampleLinks(count: number): readonly Sample[] {
  return Array.from({ length: count }, (_, index) => {
    const account = (index * 37) % 500
    const team = teams[index % teams.length] ?? ''
    const assignment = {
      accountId: accountId.parse(String(233_000_000_000 + account)),
      permissionSet: permissionSetName.parse(sets[index % sets.length]),
      principal: principalName.parse(index < teams.length ? `team-${team}` : `team-${team}-${index}`),
      type: 'GROUP' as const,
    }
    const key = `links_data/${renderAssignmentName(assignment)}`
    return { key, assignment, accountName: `${team.toLowerCase()}-${stages[account % stages.length]}` }
  })
}

function accessOf({ accountId: account, permissionSet, type }: Assignment): AssignmentKey {
  const someone = principalId.parse('92307020-41b6-05ce-951e-70dfe8931aa1')
  return renderAssignmentKey({ accountId: account, permissionSet, principalId: someone, type })
}

const accounts = { desired: 1, open: 0, failed: [] }

/** One in ten waits for a group, one in fifty is not valid, one in a hundred failed. */
function sampleStatus({ key: input, assignment: { principal, accountId: id } }: Sample, index: number): Status {
  const base = { input, updatedAt: at }
  if (index % 100 === 3) {
    const remedy =
      'attach the policy in the account, or take it out of the permission set; it is tried again within an hour'
    const reason = `account ${id}: the policy 'Baseline' does not exist there`
    return { ...base, state: 'failed', reason, remedy, accounts: { ...accounts, applied: 0, open: 1 } }
  }
  if (index % 50 === 4) {
    const remedy = `upload it again as '${input}', then delete this one`
    const reason = "received type 'group', expected 'GROUP' or 'USER' in capitals"
    return { input: input.replace('%GROUP%', '%group%'), updatedAt: at, state: 'rejected', reason, remedy }
  }
  if (index % 10 === 2) {
    const remedy = 'create the group, or upload the link with the exact name; ssofile applies it when the group exists'
    const reason = `group '${principal}' does not exist in the identity store`
    return { ...base, state: 'waiting', reason, remedy, accounts: { ...accounts, applied: 0 } }
  }
  return { ...base, state: 'applied', accounts: { ...accounts, applied: 1 } }
}

/** Of ten links seven grant, two are gone and one waits. */
function samplePlan(links: readonly Sample[]): Parameters<typeof renderPlan>[0] {
  const kindOf = (index: number) => (index % 10 === 2 ? 'waits' : index % 5 === 3 ? 'gone' : 'grants')
  const those = (kind: string) => links.filter((_, index) => kindOf(index) === kind)
  const named = new Map(links.map(({ assignment, accountName }) => [assignment.accountId, accountName]))
  const view: Preview['view'] = {
    v: 1,
    managementAccountId: accountId.parse('111111111111'),
    readAt: at,
    revision: 1,
    hasTags: true,
    accounts: [...named].map(([id, name]) => ({ id, name, state: 'ACTIVE' as const, parents: ['r-acme'] })),
  }
  const revocations = those('gone').map(({ assignment, key }) => {
    return { key: accessOf(assignment), assignment, links: [{ key, fate: 'deleted' as const }], cause: undefined }
  })
  const held = Math.max(0, revocations.length - 20)
  const reason = `held by the brake: more than 20 of the ${links.length} links directly under links_data/ were withdrawn within 15 minutes`
  return {
    grants: those('grants').map(({ assignment, key }) => ({ assignment, links: [key] })),
    revocations,
    memberships: noMemberships,
    people: [],
    bindings: [],
    minimums: [],
    existing: [],
    waiting: those('waits').map(({ assignment, key }) => ({
      state: 'waiting' as const,
      reason: `group '${assignment.principal}' does not exist in the identity store`,
      remedy: 'create the group, or upload the link with the exact name; ssofile applies it when the group exists',
      grants: [{ assignment, links: [key] }],
    })),
    held: [],
    brake: { held, reasons: held > 0 ? [reason] : [], contents: [], losses: [], contentsUnchecked: 0 },
    stuck: [],
    vanishingRoles: revocations.map(({ assignment }) => assignment),
    idleLinks: [],
    permissionSets: [
      { name: permissionSetName.parse('Billing-ps'), change: 'update', fields: ['description', 'tags'] },
    ],
    holders: new Map(),
    administrators: [],
    attributes: undefined,
    ownAccount: undefined,
    rulesLater: [],
    unfinished: 0,
    unchecked: 0,
    view,
    viewAgeMs: 0,
    counts: {
      links: links.length,
      permissionSets: sets.length,
      accounts: 500,
      grants: those('grants').length,
      revocations: revocations.length,
      unfinished: 0,
    },
  }
}

function sampleHeld(links: readonly Sample[]): ShownList {
  const held = links.map(({ assignment }) => accessOf(assignment))
  const by = { principalId: 'AWS:AROAEXAMPLE:sync', sourceIpAddress: '203.0.113.7', at }
  return {
    digest: '4f1c2a9d5b7e0836',
    rule: 'own',
    cause: 'folder',
    name: undefined,
    folder: undefined,
    figure: links.length + 20,
    limit: 20,
    base: links.length + 20,
    minutes: 15,
    since: at,
    takes: { ...countTaken(held, undefined), people: 7 },
    held: links.map(({ key, assignment }) => ({
      key: accessOf(assignment),
      links: [{ key, etag: 'e', lastModified: at, deletedBy: by }],
    })),
  }
}

/** Twenty people of one group, by one link. */
function sampleAccess(links: readonly Sample[]): readonly HeldAccess[] {
  const key = 'links_data/root%all%ReadOnly-ps%team-Support%GROUP%ssofile'
  const each = Math.ceil(links.length / 20)
  return links.map(({ assignment, accountName }, index) => ({
    person: `${people[Math.floor(index / each)]}@acme.example`,
    personId: principalId.parse(`92307020-41b6-05ce-951e-70dfe8931a${10 + Math.floor(index / each)}`),
    group: 'team-Support',
    groupId: principalId.parse('92307020-41b6-05ce-951e-70dfe8931aa2'),
    account: assignment.accountId,
    accountName,
    accountState: 'ACTIVE',
    path: 'Root/Workloads/Production',
    pathIds: 'r-acme/ou-acme-wrk10000/ou-acme-wrk2prod',
    permissionSet: permissionSetName.parse('ReadOnly-ps'),
    origin: 'ssofile',
    state: 'granted',
    since: at,
    links: [{ key, etag: 'e', lastModified: at }],
  }))
}

const sources = {
  bucketReadAt: at,
  ledger: { is: 'whole' as const, asOf: at },
  driftCheck: { startedAt: at, isOver: true },
  organizationReadAt: at,
  identityCenter: { why: 'that would take a call for every account and set' },
}

/** Of ten requests seven are granted, two wait, and one was denied. */
function outcomeOf(index: number): 'granted' | 'waits' | 'denied' {
  if (index % 10 === 9) return 'denied'
  return index % 5 === 1 ? 'waits' : 'granted'
}

const hours = (number: number) => new Date(now.getTime() + number * 3_600_000).toISOString()
const digestOf = (index: number) => index.toString(16).padStart(32, '4f1c2a9d5b7e08364f1c2a9d5b7e0836')
const personOf = (index: number) => `${people[index % people.length]}@acme.example`

/** Of twenty people, each for one account. */
function sampleRequests(links: readonly Sample[]) {
  return links.map(({ assignment: { accountId: id, permissionSet } }, index) => {
    const userName = personOf(index)
    const user = `92307020-41b6-05ce-951e-70dfe8931a${10 + (index % people.length)}`
    const key = `requests/${user}/account%${id}%${permissionSet}%${userName}%USER%ssofile`
    const approver = {
      user: principalId.parse('92307020-41b6-05ce-951e-70dfe8931aff'),
      name: 'maria.alvarez@acme.example',
      at,
    }
    return { key, user, userName, permissionSet, id, approver, digest: digestOf(index), outcome: outcomeOf(index) }
  })
}

function sampleOpenRequests(links: readonly Sample[]): readonly Status[] {
  return sampleRequests(links).map(({ key, approver, digest, outcome }) => {
    const given = outcome === 'granted' ? [approver] : []
    const request = { digest: requestDigest.parse(digest), eligibility: 'operators', approvals: { needed: 1, given } }
    const base = { input: key, updatedAt: at, lastModified: hours(-1) }
    if (outcome === 'denied') return { ...base, state: 'rejected', reason: 'denied', remedy: 'ask again', request }
    if (outcome === 'waits') return { ...base, state: 'waiting', request: { ...request, lapsesAt: hours(23) } }
    return { ...base, state: 'applied', request: { ...request, startsAt: at, expiresAt: hours(4) } }
  })
}

/** All with one incident, which were decided an hour after they were asked for. */
function sampleIncident(links: readonly Sample[]): string {
  const told = sampleRequests(links).map(({ key, approver, digest, outcome, id }) => {
    const asked = { event: 'asked' as const, at: hours(-1) }
    const by = approver
    const decided = {
      granted: [
        { event: 'approved' as const, at, by },
        { event: 'granted' as const, at },
      ],
      denied: [{ event: 'denied' as const, at, by }],
      waits: [],
    }[outcome]
    const period = outcome === 'granted' ? { startsAt: at, expiresAt: hours(4) } : {}
    const said = { reason: 'the shop does not answer', incident: 'INC-77', eligibility: 'operators', ...period }
    const story = tellStory({ key, digest: requestDigest.parse(digest) }, [asked, ...decided], said)
    const sessions = possibleSessionsOf(story, { now: new Date(hours(30)), principalSuffix: '' })
    const used = {
      ways: [{ by: 'cli' as const, at: hours(2), from: '203.0.113.7' }],
      hours: [hours(1), hours(2)].map((at) => new Date(at)),
    }
    return { story, sessions, uses: sessions && [{ account: id, ...used }] }
  })
  const sessions = told.flatMap((one) => one.sessions ?? [])
  return renderIncident('INC-77', told, renderAthenaQuery('cloudtrail_logs', sessions))
}

/** What nobody reads to its end is shown to here. */
const linesMost = 24

const ofRequests: Readonly<Record<string, (links: readonly Sample[]) => string>> = {
  'requests --all': (links) => renderOpenRequests(sampleOpenRequests(links), now, 160),
  'incident INC-77': sampleIncident,
}

const commands: Readonly<Record<string, (links: readonly Sample[]) => string>> = {
  status: (links) => renderSummary(links.map(sampleStatus), { isTerminal: true }),
  'plan s3://ssofile': (links) => renderPlan(samplePlan(links)),
  brake: (links) => renderHeld({ lists: [sampleHeld(links)], contents: [], releases: [], pause: undefined }),
  who: (links) => {
    const nothing = { person: false, account: false, permissionSet: false }
    const table = new AccessTable(nothing, width)
    table.add(sampleAccess(links))
    return table.render({ ifEmpty: { unread: 'not asked' }, sources, notes: [] }, now)
  },
}

type Shown = { readonly sizes: readonly number[]; readonly of: string; readonly most?: number }

function renderSample(
  name: string,
  print: (links: readonly Sample[]) => string,
  { sizes: counts, of, most = Number.POSITIVE_INFINITY }: Shown,
): string {
  const blocks = counts.map((size) => {
    const lines = print(sampleLinks(size)).trimEnd().split('\n')
    const isCut = size > 5 && lines.length > most
    const shown = isCut ? [...lines.slice(0, most - 2), '[…]', ...lines.slice(-2)] : lines
    const told = `${size.toLocaleString('en')} ${of}, ${lines.length.toLocaleString('en')} lines`
    return `${told}${isCut ? ', of which these are some' : ''}:\n\n\`\`\`\n$ ssofile ${name}\n${shown.join('\n')}\n\`\`\`\n`
  })
  return blocks.join('\n')
}

/** What commands print, by the name of its file under `printed/`. */
export const printed: Readonly<Record<string, () => string>> = {
  ...mapValues(commands, (print, name) => renderSample(name, print, { sizes, of: 'links' })),
  // Each request is asked for by a person, and told in full: there are not so many.
  ...mapValues(ofRequests, (print, name) =>
    renderSample(name, print, { sizes: [5, 500], of: 'requests', most: linesMost }),
  ),
  suspend: renderSuspendSamples,
  ...Object.fromEntries(Object.entries(breakGlassSamples).map(([name, print]) => [`break-glass-${name}`, print])),
}

function mapValues(
  printing: Readonly<Record<string, (links: readonly Sample[]) => string>>,
  render: (print: (links: readonly Sample[]) => string, name: string) => string,
): Readonly<Record<string, () => string>> {
  const entries = Object.entries(printing).map(([name, print]) => [
    name.split(' ')[0] ?? name,
    () => render(print, name),
  ])
  return Object.fromEntries(entries)
}

export const fileOf = (name: string) => new URL(`printed/${name}.txt`, import.meta.url)
