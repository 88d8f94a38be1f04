/** One access that a ledger entry records. */
export type RecordedAccess = {
  /** By ids. */
  readonly name: string
  readonly state: unknown
  /** A creation of it was called, this one or one before, and no answer is written down: it may still take effect. */
  readonly isUnanswered: boolean
  /** A creation of it was called, and is not confirmed. */
  readonly isUnconfirmed: boolean
  /** A deletion of it was decided; with an id, once AWS accepted it. */
  readonly deletion: { readonly id: unknown } | undefined
  readonly isGranted: boolean
  /** A creation of it may have taken effect, or did. */
  readonly isMade: boolean
}

/** The access that the entry of this ledger key records; `undefined`: not a ledger key. */
export function readRecorded(
  key: string,
  entry: Readonly<Record<string, unknown>>,
): readonly RecordedAccess[] | undefined {
  const [, accountId, type = ''] = /^assignments\/account%(\d{12})%[^%]+%[^%]+%(GROUP|USER)$/.exec(key) ?? []
  return accountId ? [toRecorded(entry, accountId, type)] : undefined
}

function toRecorded(access: Readonly<Record<string, unknown>>, accountId: string, type: string): RecordedAccess {
  const { lastCreation: creation, state, call } = access
  const isUnconfirmed = isObject(creation) && access.grantedAt === undefined
  const isDeletion = isObject(call) && call.kind === 'deletion'
  return {
    name: [accountId, access.permissionSetArn, access.principalId, type].join(' '),
    state,
    // Confirmed or not: what is listed may be of somebody else's making, and ours still come (design, promise 2).
    isUnanswered: (isObject(creation) && creation.answeredAt === undefined) || access.unansweredAt !== undefined,
    isUnconfirmed,
    deletion: isDeletion ? { id: call.id } : undefined,
    isGranted: access.grantedAt !== undefined && !isDeletion,
    isMade: isUnconfirmed || access.grantedAt !== undefined,
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
