import type { Assignment } from '../../../shared/domain/assignments/assignment.ts'
import { warnOfAttributesFile } from '../../../shared/domain/attributes/known-sources.ts'
import { kindOf, parseInput } from '../../../shared/domain/inputs/kinds.ts'
import { faultsOf, type InputFault, judgeInput } from '../../../shared/domain/links/judge-input.ts'
import {
  parsePermissionSetFile,
  permissionSetPrefix,
} from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { nounOf } from '../../../shared/domain/principals/principal.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { Preview } from '../../../shared/modules/plan/preview.ts'
import { Refusal } from '../arguments/refusal.ts'
import { toInput } from '../status/input-key.ts'
import type { Upload } from './compare-inputs.ts'
import type { FolderListing } from './folder-inputs.ts'
import { isGoverned } from './input-parts.ts'

/** A file to upload that is not valid. The object that it replaces grants nothing from then on. */
export type InvalidUpload = {
  readonly key: string
  /** At least one. */
  readonly faults: readonly InputFault[]
  /** The assignments that only the present object gives. */
  readonly takesAway: readonly Assignment[]
  /** Whether the command names it, so that it may be uploaded as it is. */
  readonly isNamed: boolean
}

const linesTold = 20
const faultsTold = 5
const accountsTold = 10

/** The invalid files among these. `named`: names from the command line. Throws Refusal if one of them is no invalid file. */
export function findInvalid(
  uploads: readonly Upload[],
  { revocations }: Pick<Preview, 'revocations'>,
  { folders, now, named = [] }: { folders: readonly string[]; now: Date; named: readonly string[] | undefined },
): readonly InvalidUpload[] {
  const keys = new Set(named.map(toInput))
  const gone = revocations.flatMap(({ assignment, links }) =>
    links.flatMap(({ key, fate }) => (fate === 'rejected' ? [{ key, assignment }] : [])),
  )
  const lost = Map.groupBy(gone, ({ key }) => key)
  const invalid = uploads.flatMap(({ key, body }): readonly InvalidUpload[] => {
    const kind = isGoverned(key) ? kindOf(key) : undefined
    const { faults } = kind
      ? { faults: faultsOf(parseInput(kind, key, body, body.byteLength), body) }
      : judgeInput({ key, body, sizeBytes: body.byteLength }, folders, now)
    if (faults.length === 0) return []
    const takesAway = lost.get(key)?.map(({ assignment }) => assignment) ?? []
    return [{ key, faults, takesAway, isNamed: keys.has(key) }]
  })
  const found = new Set(invalid.map(({ key }) => key))
  const [other] = [...keys].filter((key) => !found.has(key))
  if (other === undefined) return invalid
  throw new Refusal(
    `received --invalid '${quote(other, 1024)}', expected the key of a file that is not valid and would be uploaded; leave it out`,
  )
}

/** Warnings about surprising parts of valid files to upload, in whole sentences. */
export function warnOfUploads(uploads: readonly Upload[]): readonly string[] {
  return uploads.flatMap(({ key, body }) => {
    const file = key.startsWith(permissionSetPrefix) ? parsePermissionSetFile(key, body) : undefined
    const warnings = file?.ok ? file.value.warnings : warnOfAttributesFile(key, body)
    return warnings.map((warning) => `${quote(key, 1100)}: ${warning}`)
  })
}

/** Throws Refusal for files that cannot be read, and for invalid files that the command does not name. */
export function refuseBadFiles({
  faults,
  invalid,
}: {
  readonly faults: FolderListing['faults']
  readonly invalid: readonly InvalidUpload[]
}): void {
  if (faults.length > 0) {
    // A push would delete the objects of unreadable files from the bucket.
    const told = faults.map(({ key, received, remedy }) => `${quote(key, 1100)}: received ${received}; ${remedy}`)
    throw new Refusal(`nothing was changed, because ssofile cannot read every file:\n${list(told)}`)
  }
  const refused = invalid.filter(({ isNamed }) => !isNamed)
  if (refused.length === 0) return
  const told = listInvalid(refused).map(({ key, text }) => `${quote(key, 1100)}: ${text}`)
  throw new Refusal(
    `nothing was changed, because ${count(refused.length, 'file')} to upload ${refused.length === 1 ? 'is' : 'are'} not valid:\n${list(told)}\n  to upload one anyway, name it: --invalid KEY`,
  )
}

function list(told: readonly string[]): string {
  const more = told.length > linesTold ? [`and ${told.length - linesTold} more`] : []
  return [...told.slice(0, linesTold), ...more].map((line) => `  ${line}`).join('\n')
}

/** The faults of each file, one fault a line. A fault of a whole folder is one line. */
export function listInvalid(
  invalid: readonly InvalidUpload[],
): readonly { readonly key: string; readonly text: string }[] {
  const folders = Map.groupBy(
    invalid.flatMap(({ faults }) => faults).filter(({ key }) => key !== undefined),
    ({ key = '' }) => key,
  )
  return [
    ...[...folders].map(([key, faults]) => ({
      key,
      text: `${describeInvalid({ faults: faults.slice(0, 1), takesAway: [] })} (${count(faults.length, 'file')})`,
    })),
    ...invalid
      .filter(({ faults, takesAway }) => takesAway.length > 0 || faults.some(({ key }) => key === undefined))
      .flatMap(({ key, ...one }) => splitFaults(one).map((part) => ({ key, text: describeInvalid(part) }))),
  ]
}

/**
 * One part for each line. The last line counts the faults beyond `faultsTold`. The first line names the access that the file takes away.
 */
function splitFaults({ faults, takesAway }: Described): readonly Described[] {
  const own = faults.filter(({ key }) => key === undefined)
  if (own.length === 0) return [{ faults, takesAway }]
  return own.slice(0, faultsTold).map((fault, index) => ({
    faults: index === faultsTold - 1 ? own.slice(index) : [fault],
    takesAway: index === 0 ? takesAway : [],
  }))
}

type Described = Pick<InvalidUpload, 'faults' | 'takesAway'>

/** The fault, the access that the file takes away, and the remedy. */
export function describeInvalid({ faults, takesAway }: Described): string {
  const own = faults.filter(({ key }) => key === undefined)
  const [first, ...more] = own.length > 0 ? own : faults
  const others = more.length > 0 ? `, and ${count(more.length, 'more fault')}` : ''
  const fault = first && `received ${first.received}, expected ${first.expected}${others}`
  return [fault, describeLoss(takesAway), first?.remedy].filter((part) => part !== undefined).join('; ')
}

function describeLoss(takesAway: readonly Assignment[]): string | undefined {
  const [first] = takesAway
  if (first === undefined) return undefined
  const accounts = takesAway.map(({ accountId }) => accountId)
  const more = accounts.length > accountsTold ? ` and ${accounts.length - accountsTold} more` : ''
  const { permissionSet, principal, type } = first
  return `it takes ${permissionSet} from ${nounOf(type)} '${quote(principal)}' in ${count(accounts.length, 'account')}: ${accounts.slice(0, accountsTold).join(', ')}${more}`
}
