import { type AssignmentKey, assignmentOf } from '../../../shared/domain/assignments/assignment.ts'
import type { BrakeRecord } from '../../../shared/domain/brake/brake-record.ts'
import { linkPrefix, renderGrant } from '../../../shared/domain/links/link.ts'
import { splitFolder, splitLinkFields } from '../../../shared/domain/links/link-fields.ts'
import { permissionSetKey } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import type { Status } from '../../../shared/domain/statuses/status.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { NameIndex } from '../../../shared/reconcile/records/principal-names.ts'

/**
 * Lines about links and permission set files with the status `held` for which the brake holds nothing now: the person who released them,
 * and the time. Empty: there are none. A link is recognized by its permission set and principal.
 */
export function renderRelease(
  told: readonly Status[],
  { lists, contents, releases }: BrakeRecord,
  names: NameIndex,
): string {
  const grantsOf = (keys: readonly AssignmentKey[]) =>
    new Set(
      keys.flatMap((key) => {
        const { permissionSet, type, principalId } = assignmentOf(key)
        return names.everNamesOf(type, principalId).map((principal) => renderGrant({ permissionSet, principal, type }))
      }),
    )
  const held = grantsOf(lists.flatMap((list) => [...list.held]))
  const lines = releases.flatMap(({ at, by, keys, permissionSet }) => {
    const released = grantsOf([...keys])
    const isStillHeld = contents.some(({ name }) => name === permissionSet)
    const file = permissionSet === undefined || isStillHeld ? undefined : permissionSetKey(permissionSet)
    const concerned = told.filter(({ input, state }) => {
      const grant = grantOf(input)
      return state === 'held' && (input === file || (grant !== undefined && released.has(grant) && !held.has(grant)))
    })
    if (concerned.length === 0) return []
    const what = count(concerned.length, file === undefined ? 'link' : 'file')
    return [`${what} above: released at ${at} by ${quote(by)}; ssofile carries it out within about a minute\n`]
  })
  return lines.length === 0 ? '' : `\n${lines.join('')}`
}

function grantOf(input: string): string | undefined {
  if (!input.startsWith(linkPrefix)) return undefined
  const fields = splitLinkFields(splitFolder(input.slice(linkPrefix.length)).rest)
  return fields && `${fields.permissionSet}%${fields.principal}%${fields.type}%${fields.suffix}`
}
