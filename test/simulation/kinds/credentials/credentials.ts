import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { MemoryCredentials, ModelKey, ModelUser } from '../../../../shared/memory/iam/memory-credentials.ts'

/** The first account has the tag of the owner `a`, the second that of `b`. Each user has a key, and `app` a password. */
export const owned = { a: accountId.parse('200000000001'), b: accountId.parse('200000000002') } as const
export const keyOf = {
  ci: 'AKIAOFTHEUSERNAMEDCI',
  app: 'AKIAOFTHEUSERNAMEDAP',
  'ci of b': 'AKIAOFANOTHERUSERCIB',
} as const

const madeAt = new Date('2025-01-01T00:00:00Z')
const key = (id: string): ModelKey => ({ id, isActive: true, madeAt, uses: [] })
const user = (name: string, id: string, more: Partial<ModelUser> = {}): ModelUser => {
  return { name, path: '/', madeAt, hasMfa: false, keys: [key(id)], ...more }
}

export function fillCredentials(iam: MemoryCredentials): void {
  const root = { hasPassword: false, hasMfa: false, activeKeys: 0 }
  const app = user('app', keyOf.app, { password: { changedAt: madeAt, uses: [] } })
  iam.tell(owned.a, { root, users: [user('ci', keyOf.ci), app], roles: [] })
  iam.tell(owned.b, { root, users: [user('ci', keyOf['ci of b'])], roles: [] })
}

/** Somebody changes a user in the account. */
export function changeUser(
  iam: MemoryCredentials,
  account: typeof owned.a,
  name: string,
  more: (user: ModelUser) => Partial<ModelUser>,
) {
  const all = iam.of(account)
  iam.tell(account, { ...all, users: all.users.map((one) => (one.name === name ? { ...one, ...more(one) } : one)) })
}
