import { quote } from '../domain/complaint.ts'
import { isFolderMarker } from '../domain/link.ts'
import { nearMatch } from '../domain/near-match.ts'
import { parsePermissionSetKey, permissionSetKey, permissionSetPrefix } from '../domain/permission-set-file.ts'
import type { PermissionSetName } from '../domain/permission-set-name.ts'
import type { Ports } from '../ports/ports.ts'
import { isServiceError } from '../ports/service-error.ts'
import type { SsoAdmin } from '../ports/sso-admin.ts'
import { limitSsoAdmin } from './limited-sso-admin.ts'
import { PermissionSetIndex } from './permission-set-index.ts'
import { RateLimiter } from './rate-limiter.ts'

/** A quarter of what AWS allows to all callers together: a dispatcher may be at work. */
const callsPerSecond = 5
/** Names that the index lacks cost a call each; a page of a hundred ARNs costs one. */
const describedMost = 20

class TooManyCallsError extends Error {
  override readonly name = 'TooManyCallsError'
}

type Context = Pick<Ports, 'objects' | 'ssoAdmin' | 'clock' | 'randomness'>

/**
 * For a person, in a whole sentence: that there is neither a file nor a permission set of this name, and which name is
 * near; or that a few calls cannot tell. `undefined`: there is one. `objects` must keep what caches write to itself.
 */
export async function noteMissingPermissionSet(name: PermissionSetName, ports: Context): Promise<string | undefined> {
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
  const near = await findNear(name, index, ports)
  const meant = near === undefined ? '' : `; did you mean '${quote(near)}'?`
  return doubt === undefined
    ? `there is no permission set '${name}': no file ${key}, and none of this name in Identity Center${meant}`
    : `there is no file ${key}, and it is not known whether Identity Center has a permission set of this name: ${doubt}${meant}`
}

function withFewCalls(ports: Context): SsoAdmin {
  const limiter = new RateLimiter(ports.clock, callsPerSecond)
  const limited = limitSsoAdmin(ports, limiter, { mayStart: () => false, holdsLease: () => true })
  let left = describedMost
  return {
    ...limited,
    describePermissionSet: async (arn) => {
      if (left-- === 0)
        throw new TooManyCallsError(
          `it has more than ${describedMost} that ssofile does not know yet; ssofile plan asks for all`,
        )
      return limited.describePermissionSet(arn)
    },
  }
}

/** Among those that Identity Center has, and the files that may become some. */
async function findNear(
  name: PermissionSetName,
  index: PermissionSetIndex,
  { objects }: Context,
): Promise<string | undefined> {
  const candidates: string[] = [index.findNear(name) ?? []].flat()
  for await (const { key } of objects.list(permissionSetPrefix)) {
    const file = isFolderMarker(key) ? undefined : parsePermissionSetKey(key)
    if (file?.ok) candidates.push(file.value)
  }
  return nearMatch(name, candidates)
}
