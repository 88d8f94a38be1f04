import { hostname, userInfo } from 'node:os'

/** Who types the command, as other people know them. Who wrote an object, by AWS's own record, is in its access logs. */
export function operator(): string {
  return `${userInfo().username}@${hostname()}`
}
