/** A broken promise of the design. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly promise: string
  constructor(promise: string, message: string) {
    super(`${promise}: ${message}`)
    this.promise = promise
  }
}

/** The number of a promise for commands: `10` of `10 Temporary access …`. */
export function numberOf(promise: string): string {
  return promise.slice(0, promise.indexOf(' '))
}

/** The file of the same name states each promise. */
export const promises = {
  convergence: '1 Convergence',
  record: '2 No access without a record',
  foreign: '3 Nothing foreign is revoked, and nothing that a link grants',
  status: '4 Every input gets a status',
  quotas: '5 Quotas hold',
  brake: '6 The brake',
  pause: '7 A pause stops all changes',
  grants: '8 Each function has the rights that it needs',
  others: '9 No uploader harms another',
  temporary: '10 Temporary access has its approvals, and ends',
  sessions: '11 Ended sessions stay denied until none can be left',
  suspended: '12 A suspended person has no access from ssofile',
  people: '14 Nobody is taken over, changed or ended through another file',
  attributes: '15 Attributes for access control lose nothing without a release',
  governance: 'Guardrails: policies stop new access and take nothing away',
  credentials: 'Credentials: a retired credential comes back when its file goes',
  told: '13 Everybody who must know is told, once',
} as const

export type Fail = (promise: string, message: string) => void
