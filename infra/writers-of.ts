import type { Environment } from '../shared/domain/deployment/environment.ts'
import { kinds } from '../shared/domain/inputs/kinds.ts'
import { temporaryPrefix } from '../shared/domain/links/link.ts'
import type { PlaceWriters } from '../shared/modules/reports/place-writers.ts'
import { type Area, areasOf } from './areas-of-uploaders.ts'
import { deploymentNames } from './deployment-names.ts'
import { drillPrefix, governedPrefixes, ownFoldersOf, peoplePrefixesOf, personalPrefixes } from './places-of-people.ts'

type Row = Omit<PlaceWriters, 'ssofile'>

/**
 * Who may write under each prefix, as `bucketPolicy` limits it. A longer prefix counts before a shorter one. People of ssofile's account, and
 * of the bucket's, also need a policy of their own. A test compares this list with the bucket's policy.
 */
export function writersOf(environment: Environment): readonly PlaceWriters[] {
  const { access, provisioning } = environment
  const names = deploymentNames(environment)
  const { root, folders, permissionSets } = areasOf(environment)
  const ofArea = ({ prefix, uploaders, way }: Area): Row => ({ prefix, people: uploaders, ...(way === 'api' && byApi) })
  const isAskedByApi = provisioning.requests === 'api'
  const askers = access.requestAccounts.map((account) => names.sessionArnsOf(account))
  const rows: readonly Row[] = [
    ...[root, ...folders, permissionSets].map(ofArea),
    { prefix: temporaryPrefix, people: [] },
    ...governedPrefixes().map((prefix) => ({ prefix, people: access.governance })),
    ...peoplePrefixesOf(environment).map((prefix) => ({ prefix, people: access.people })),
    ...ownFoldersOf(environment).map(({ prefix, principals }) => ({ prefix, people: principals })),
    ...personalPrefixes().map((prefix): Row => {
      const how = isAskedByApi ? 'only by the API or the page, under the own user id' : 'only under the own user id'
      const ending = prefix === kinds.request.at ? '; operators may delete' : ''
      return { prefix, people: isAskedByApi ? [] : askers, how: how + ending }
    }),
    { prefix: 'control/', people: access.operators },
    { prefix: drillPrefix, people: access.responders, how: 'nobody deletes' },
  ]
  const known = rows.map((row) => ({ ...row, ssofile: names.rolesThatWrite(placeOf(row.prefix)) }))
  const rest = { prefix: '', people: [], how: 'everything else', ssofile: names.roleArns }
  return [...known.sort((one, other) => (one.prefix < other.prefix ? -1 : 1)), rest]
}

const byApi = { how: 'only by the API' }

/** Rights name places, not the folders in them. */
function placeOf(prefix: string): string {
  if (prefix === temporaryPrefix) return prefix
  const folder = [kinds.link.at, kinds.membership.at, kinds.retirement.at].find((at) => prefix.startsWith(at))
  return folder ?? prefix
}
