import { hostname, userInfo } from 'node:os'

/** The user who types the command. AWS's own record of who wrote an object is in its access logs. */
export function operator(): string {
  return `${userInfo().username}@${hostname()}`
}
