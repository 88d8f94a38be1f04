import { meant } from '../../domain/links/lack.ts'
import {
  parsePermissionSetKey,
  permissionSetKey,
  permissionSetPrefix,
} from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { nearMatch } from '../../domain/text/near-match.ts'
import type { Ports } from '../../ports/ports.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { SsoAdmin } from '../../ports/sso-admin.ts'
import { readGently } from '../../reconcile/calls/limited-sso-admin.ts'
import { wrapPort } from '../../reconcile/calls/wrap-port.ts'
import { PermissionSetIndex } from '../../reconcile/directory/permission-set-index.ts'
import { listHeads } from '../../reconcile/records/list-heads.ts'

/** An unknown ARN costs one call; a page of a hundred ARNs costs one. */
const describedMost = 20

class TooManyCallsError extends Error {
  override readonly name = 'TooManyCallsError'
}

type NotingPorts = Pick<Ports, 'objects' | 'ssoAdmin' | 'clock' | 'randomness' | 'metrics'>

/**
 * A sentence for a person: no file and no permission set has this name, and which name is similar; or a few calls cannot tell.
 * `undefined`: it exists. `objects` must not write caches.
 */
export async function noteMissingPermissionSet(
  name: PermissionSetName,
  ports: NotingPorts,
): Promise<string | undefined> {
  const key = permissionSetKey(name)
  if (await ports.objects.head(key)) return undefined
  const index = new PermissionSetIndex({ ...ports, ssoAdmin: withFewCalls(ports) })
  let doubt: string | undefined
  try {
    if (await index.resolve(name)) return undefined
  } catch (error) {
    if (!isServiceError(error) && !(error instanceof TooManyCallsError)) throw error
    doubt = error.message
  }
  const files = await listHeads(ports.objects, permissionSetPrefix)
  const named = [...files.keys()].map(parsePermissionSetKey).flatMap((file) => (file.ok ? file.value : []))
  const near = nearMatch(name, [...named, ...[index.findNear(name) ?? []].flat()])
  return doubt === undefined
    ? `there is no permission set '${name}': no file ${key}, and none of this name in Identity Center${meant(near)}`
    : `there is no file ${key}, and it is not known whether Identity Center has a permission set of this name: ${doubt}${meant(near)}`
}

function withFewCalls(ports: NotingPorts): SsoAdmin {
  let left = describedMost
  return wrapPort(readGently(ports), async (operation, call) => {
    if (operation === 'describePermissionSet' && left-- === 0)
      throw new TooManyCallsError(
        `it has more than ${describedMost} that ssofile does not know yet; ssofile plan asks for all`,
      )
    return call()
  })
}
