import { complainOfObjections, describeObjection } from '../../domain/guardrails/judge-by-policies.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import { describeUpload, identityOf } from '../../domain/links/upload.ts'
import { decidePermissionSet } from '../../domain/permission-sets/decide-permission-set.ts'
import { rejection } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Controller, Description } from '../inputs/controller.ts'
import { describePause } from '../inputs/reconcile-input.ts'
import type { ToldInput } from '../inputs/tell-input.ts'
import { permissionSetSubject } from '../records/history.ts'
import { ownedPermissionSetRecord } from '../records/owned-permission-sets.ts'
import {
  describeApplied,
  describeBlocked,
  describeObstacle,
  formerWarnings,
  notOurs,
  unmetDenials,
  uploadOf,
  withUnmetDenials,
} from './describe-permission-set.ts'
import { gatherPermissionSet, owesFormer } from './gather-permission-set.ts'
import { performPermissionSetStep } from './perform-permission-set.ts'
import type { PermissionSetInput, PermissionSetTypes } from './permission-set-settlement.ts'

/**
 * The file of a permission set: makes the permission set equal to it, in all accounts that have it, or deletes it if the file
 * is gone. Never touches an existing set that ssofile neither created nor adopted.
 */
export const permissionSetController: Controller<PermissionSetTypes> = {
  noun: 'permission set',
  format: kinds.permissionSet,
  entryOf: ownedPermissionSetRecord,
  historyOf: permissionSetSubject,
  keep,
  gather: gatherPermissionSet,
  decide: decidePermissionSet,
  underPause: ['look for it', 'forget', 'put off', 'report drift', 'settle'],
  // What the brake holds stays held.
  describePause: (reason, input) => {
    const { head, told } = input
    return told?.state === 'held' && told.etag === head?.etag ? told : describePause(reason, input)
  },
  perform: performPermissionSetStep,
  describe,
}

function keep({ file, head, told, entry }: PermissionSetInput): Omit<ToldInput, 'state'> {
  const upload = describeUpload(told, head ? uploadOf(head) : {})
  if (head === undefined) return { ...identityOf(upload), by: told?.by }
  const ofEntry = entry ? [...formerWarnings(entry), ...unmetDenials(entry.sessions).reasons] : []
  const warnings = file.is === 'invalid' ? ofEntry : []
  return {
    ...identityOf(upload),
    since: upload.since,
    owner: file.is === 'valid' ? file.body.owner : undefined,
    warnings: warnings.length > 0 ? warnings : undefined,
  }
}

function describe(
  { tell }: PermissionSetTypes['end'],
  input: PermissionSetInput,
  facts: PermissionSetTypes['facts'],
): Description {
  const told = describeEnd(tell, input, facts)
  return { told: told && withFormer(withUnmetDenials(told, input.entry?.sessions), input) }
}

/** A status that counts accounts says already how many lack the change. */
function withFormer(told: ToldInput, input: PermissionSetInput): ToldInput {
  const { entry } = input
  if (entry === undefined || told.accounts !== undefined || !owesFormer(input)) return told
  return withWarnings(told, [...(told.warnings ?? []), ...formerWarnings(entry)])
}

function describeEnd(
  tell: PermissionSetTypes['end']['tell'],
  { key, name, file, entry }: PermissionSetInput,
  { references, comesUntil, objections, obstacle }: PermissionSetTypes['facts'],
): ToldInput | undefined {
  const ofFile = file.is === 'valid' ? file.body.warnings : []
  const ofPolicies = [...(objections?.refusals ?? []), ...(objections?.warnings ?? [])]
    .map(describeObjection)
    .slice(0, 20)
  switch (tell) {
    case 'invalid':
    case 'nothing':
      return undefined
    case 'blocked':
      return describeBlocked(`${references} still use it`)
    case 'unanswered':
      return describeBlocked(
        `AWS did not answer its creation, which may still take effect until ${comesUntil && renderInstant(comesUntil)}`,
        'ssofile checks again then; to keep it, upload the file again',
      )
    case 'objected': {
      const complaint = complainOfObjections(key, objections?.refusals ?? [])
      return complaint && rejection(complaint)
    }
    case 'not ours':
      return rejection(notOurs(name))
    case 'applied':
      return (
        entry && withWarnings(describeApplied(entry), [...ofFile, ...(entry.applied?.warnings ?? []), ...ofPolicies])
      )
    case 'refused':
      return obstacle && withWarnings(describeObstacle(obstacle, entry), ofFile)
    case 'held':
    case 'too large':
      return obstacle && withWarnings(describeObstacle(obstacle, entry), [...ofFile, ...ofPolicies])
    case 'not everywhere': {
      const ofChange = obstacle?.is === 'not everywhere' ? obstacle.warnings : []
      return obstacle && withWarnings(describeObstacle(obstacle, entry), [...ofFile, ...ofChange, ...ofPolicies])
    }
  }
}

function withWarnings(told: ToldInput, warnings: readonly string[]): ToldInput {
  return warnings.length === 0 ? told : { ...told, warnings: [...warnings] }
}
