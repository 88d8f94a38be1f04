import { keptCredentials } from '../shared/modules/credentials/kept-credentials.ts'
import { keptUsages } from '../shared/modules/credentials/kept-usages.ts'
import { retirementRecords } from '../shared/modules/credentials/retirement-controller.ts'
import { arrivalsRecord } from '../shared/modules/doctor/arrivals.ts'
import { outboxRecord } from '../shared/modules/notifications/outbox.ts'
import { lastLeavings } from '../shared/modules/people/leaving-history.ts'
import { membershipsById, membershipsByUser } from '../shared/modules/people/membership-index.ts'
import { endedAs, ownedPersonRecords } from '../shared/modules/people/owned-people.ts'
import { reports } from '../shared/modules/reports/report-summary.ts'
import { keptMembers } from '../shared/modules/reports/write-report.ts'
import { eligibilityStateRecord } from '../shared/modules/requests/eligibility-files.ts'
import { peopleChangedNote } from '../shared/modules/requests/follow-people.ts'
import { requestPointers } from '../shared/modules/requests/request-controller.ts'
import { reviewResults } from '../shared/modules/reviews/review-records.ts'
import { usageRecords } from '../shared/modules/usage/use-records.ts'
import { managementAccountRecord } from '../shared/reconcile/directory/management-account-sets.ts'
import { permissionSetNames } from '../shared/reconcile/directory/permission-set-index.ts'
import { providerRecord } from '../shared/reconcile/directory/refuse-people.ts'
import { leaseRecord } from '../shared/reconcile/dispatcher/lease.ts'
import { configuredRecord } from '../shared/reconcile/dispatcher/slice.ts'
import { driftRecord } from '../shared/reconcile/drift/drift-run.ts'
import { missingAccountsRecord } from '../shared/reconcile/organization/missing-accounts.ts'
import { organizationParts, organizationRecord } from '../shared/reconcile/organization/organization-file.ts'
import { unitNamesRecord } from '../shared/reconcile/organization/unit-names.ts'
import { accessList } from '../shared/reconcile/records/access-list.ts'
import { ownedAttributesRecord } from '../shared/reconcile/records/attribute-records.ts'
import { authorRecords } from '../shared/reconcile/records/authors.ts'
import { brakeFileRecord, brakeParts } from '../shared/reconcile/records/brake-file.ts'
import { checkpointRecord } from '../shared/reconcile/records/checkpoint.ts'
import type { RecordPlace } from '../shared/reconcile/records/define-record.ts'
import { deletionNotes } from '../shared/reconcile/records/deletion-notes.ts'
import { deployedConfigurationRecord } from '../shared/reconcile/records/deployed-configuration.ts'
import { endedSessionsRecord, owedEndingRecords } from '../shared/reconcile/records/ended-sessions.ts'
import { entryCopyPlace } from '../shared/reconcile/records/entry-copies.ts'
import { expiryIndex } from '../shared/reconcile/records/expiry-index.ts'
import { failureRecords } from '../shared/reconcile/records/failures.ts'
import { foreignAccess } from '../shared/reconcile/records/foreign-assignments.ts'
import { changedGroups, groupMembers } from '../shared/reconcile/records/group-members.ts'
import { ledgerRecords } from '../shared/reconcile/records/ledger.ts'
import { ledgerCountRecord } from '../shared/reconcile/records/ledger-count.ts'
import { openWork } from '../shared/reconcile/records/open-work.ts'
import { ownedGroups, ownedMembershipRecords } from '../shared/reconcile/records/owned-groups.ts'
import { ownedPermissionSets } from '../shared/reconcile/records/owned-permission-sets.ts'
import { ownerRecord } from '../shared/reconcile/records/owner.ts'
import { pausedRecord, pauseRecord, resumedRecord } from '../shared/reconcile/records/pause.ts'
import { principalNames } from '../shared/reconcile/records/principal-names.ts'
import { marksRecord } from '../shared/reconcile/records/ranges.ts'
import { boundAgain, samePersons } from '../shared/reconcile/records/same-person.ts'
import { scheduleRuns } from '../shared/reconcile/records/schedule-runs.ts'
import { attention, statuses } from '../shared/reconcile/records/status-store.ts'
import { changedUsers, listingsRecord, peopleParts } from '../shared/reconcile/records/stored-listing.ts'
import { suspendedIds } from '../shared/reconcile/records/suspensions.ts'
import { changesByDate, historyOfAll } from '../shared/reconcile/records/tell-event.ts'
import { turnRecords } from '../shared/reconcile/records/turns.ts'
import { policyStateRecord } from '../shared/reconcile/statuses/watch-policies.ts'
import { selectorStateRecord } from '../shared/reconcile/statuses/watch-selectors.ts'
import { signedOut } from './page/signed-out.ts'

/**
 * Every kind of object that ssofile stores for itself. The table in docs/statuses.md, the simulation's losses and the house test, which
 * finds each key that is not declared, derive from this list.
 */
export const storedRecords: readonly RecordPlace[] = [
  signedOut,
  keptCredentials,
  keptUsages,
  retirementRecords,
  arrivalsRecord,
  outboxRecord,
  lastLeavings,
  membershipsByUser,
  membershipsById,
  endedAs,
  ownedPersonRecords,
  reports,
  keptMembers,
  eligibilityStateRecord,
  peopleChangedNote,
  requestPointers,
  reviewResults,
  usageRecords,
  managementAccountRecord,
  permissionSetNames,
  providerRecord,
  leaseRecord,
  configuredRecord,
  driftRecord,
  missingAccountsRecord,
  organizationParts,
  organizationRecord,
  unitNamesRecord,
  accessList,
  ownedAttributesRecord,
  authorRecords,
  brakeFileRecord,
  brakeParts,
  checkpointRecord,
  deletionNotes,
  deployedConfigurationRecord,
  endedSessionsRecord,
  owedEndingRecords,
  entryCopyPlace,
  expiryIndex,
  failureRecords,
  foreignAccess,
  changedGroups,
  groupMembers,
  ledgerCountRecord,
  ledgerRecords,
  openWork,
  ownedGroups,
  ownedMembershipRecords,
  ownedPermissionSets,
  ownerRecord,
  pauseRecord,
  pausedRecord,
  resumedRecord,
  principalNames,
  marksRecord,
  boundAgain,
  samePersons,
  scheduleRuns,
  statuses,
  attention,
  listingsRecord,
  peopleParts,
  changedUsers,
  suspendedIds,
  changesByDate,
  historyOfAll,
  turnRecords,
  policyStateRecord,
  selectorStateRecord,
].sort((one, other) => (one.at < other.at ? -1 : 1))

/** The kind of this key. `undefined`: no kind of ssofile's own. */
export function recordAt(key: string): RecordPlace | undefined {
  return storedRecords.findLast(({ at }) => (at.endsWith('/') ? key.startsWith(at) : key === at))
}
