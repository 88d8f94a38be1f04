import type { Configuration } from '../../../shared/domain/deployment/configuration.ts'
import { principalName } from '../../../shared/domain/principals/principal.ts'
import type { Eligibility } from '../../../shared/domain/requests/eligibility-file.ts'
import { renderScope } from '../../../shared/domain/scopes/scope.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { patientIdentityStore } from '../../../shared/reconcile/calls/patient-identity-store.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization/organization-cache.ts'
import { EligibilityFiles } from '../../../shared/reconcile/requests/eligibility-files.ts'
import { findEligible } from '../../../shared/reconcile/requests/find-eligible.ts'
import { People } from '../../../shared/reconcile/requests/people.ts'
import { parseAccount } from '../arguments/parse-account.ts'
import { Refusal } from '../arguments/refusal.ts'
import { renderDuration } from '../terminal/render-duration.ts'
import { renderJson } from '../terminal/render-json.ts'
import { renderTable, terminalWidth } from '../terminal/render-table.ts'
import { show } from '../terminal/show.ts'
import { renderNotes } from './render-access.ts'

type Asked = {
  readonly user?: string | undefined
  readonly group?: string | undefined
  readonly account?: string | undefined
  readonly permissionSet?: string | undefined
  readonly json: boolean
}

/** `ssofile who --eligible`: what people may ask for. Answers the exit code. */
export async function tellEligible(asked: Asked, ports: Ports, configuration: Configuration): Promise<number> {
  const people = new People(patientIdentityStore(ports), ports.clock, configuration.principalSuffix)
  const { group, permissionSet } = asked
  const user = asked.user === undefined ? undefined : await findUser(asked.user, ports, configuration)
  const place = asked.account === undefined ? undefined : await findPlace(asked.account, ports, configuration)
  const files = new EligibilityFiles(ports)
  const { eligible, broken, unread } = await findEligible({ user, group, permissionSet, place }, { files, people })
  const notes = broken.map(
    (name) => `eligibility '${name}' cannot be used now: ssofile status eligibility/${name}.json`,
  )
  if (unread !== undefined)
    notes.push(`the groups of the user could not be read, so what is for groups is missing: ${unread}`)
  if (asked.json) process.stdout.write(renderJson({ eligible, notes }))
  else await show(renderEligible(eligible, terminalWidth()) + renderNotes(notes))
  return eligible.length > 0 ? 0 : 1
}

async function findUser(text: string, ports: Ports, { principalSuffix }: Configuration) {
  const name = principalName.safeParse(text.endsWith(principalSuffix) ? text : text + principalSuffix)
  const id = name.success ? await patientIdentityStore(ports).findPrincipalId('USER', name.data) : undefined
  if (!name.success || id === undefined) throw new Refusal(`there is no user '${text}' in the identity store`)
  return { id, name: name.data.slice(0, name.data.length - principalSuffix.length) }
}

async function findPlace(text: string, ports: Ports, configuration: Configuration) {
  const organization = new OrganizationCache(ports, configuration.folders)
  const view = await organization.view()
  const account = await organization.find(
    await parseAccount(text, ports, configuration.folders),
    view,
    async () => true,
  )
  if (account === undefined) throw new Refusal(`the organization has no account ${text}`)
  const selectors = await organization.selectors()
  return { account, membership: { ...configuration, selectors, managementAccountId: view.managementAccountId } }
}

export function renderEligible(eligible: readonly Eligibility[], width: number | undefined): string {
  if (eligible.length === 0) return 'nothing: no eligibility is like that\n'
  const rows = eligible.map((one) => [
    one.name,
    [...one.for.groups, ...one.for.users].join(', '),
    one.permissionSets.join(', '),
    one.scopes.map(renderScope).join(', '),
    renderDuration(one.longestMs),
    renderApprovals(one),
    one.needs.join(', '),
  ])
  const titles = ['eligibility', 'for', 'permission sets', 'scopes', 'longest', 'approvals', 'needs']
  return `${renderTable(titles, rows, width)}\n${count(rows.length, 'eligibility', 'eligibilities')}; to ask: ssofile request LINK --for TIME\n`
}

function renderApprovals({ approvals, approvers: { groups, users, ownerTag }, approvedByItself }: Eligibility): string {
  const who = [...groups, ...users, ...(ownerTag === undefined ? [] : [`the account's tag ${ownerTag}`])].join(', ')
  const needed = approvals === 0 ? '' : `${approvals} of ${who}`
  const parts = [needed, approvedByItself === undefined ? '' : `none for some, or at times`]
  return parts.filter((part) => part !== '').join('; ')
}
