import type { AccountPasswordPolicy } from '../../domain/account-facts/credential-facts.ts'
import { rootUser } from '../../domain/account-facts/credential-facts.ts'
import { iamUserName } from '../../domain/files/retire-file.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { AccessKey, AuditedAccount, AuditedRole, KeyUse } from '../../ports/auditor.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Page } from '../../ports/page.ts'
import type { RetiringAccount } from '../../ports/retirer.ts'
import { sortedPage } from '../page-of.ts'
import { memoryTables, type OpenTable } from '../table.ts'
import {
  invalidMarker,
  noReport,
  noSuchKey,
  noSuchPassword,
  noSuchPasswordPolicy,
  noSuchUser,
  reportExpired,
  reportInProgress,
  userHasMore,
} from './iam-refusals.ts'

/** `uses`: all of them, ascending; IAM's answer depends on the time of the question. */
export type ModelKey = AccessKey & { readonly uses: readonly Use[] }
export type Use = { readonly at: Date; readonly service?: string; readonly region?: string }
export type ModelUser = {
  readonly name: string
  readonly path: string
  readonly madeAt: Date
  readonly password?: { readonly changedAt: Date; readonly uses: readonly Use[] } | undefined
  readonly hasMfa: boolean
  readonly keys: readonly ModelKey[]
  /** Names of groups. */
  readonly groups?: readonly string[] | undefined
  readonly policies?: readonly string[] | undefined
}
export type ModelRole = Omit<AuditedRole, 'lastUsedAt'> & { readonly uses: readonly Use[] }
export type ModelCredentials = {
  readonly root: { readonly hasPassword: boolean; readonly hasMfa: boolean; readonly activeKeys: number }
  readonly users: readonly ModelUser[]
  readonly roles: readonly ModelRole[]
  readonly passwordPolicy?: AccountPasswordPolicy | undefined
}
type Report = { readonly content: string; readonly madeAt: Date }

const minuteMs = 60_000
/** IAM User Guide, "Generate credential reports for your AWS account": at most every four hours. */
const reportEveryMs = 240 * minuteMs
// The same page: IAM records only the first use within such a span.
const keySpanMs = 15 * minuteMs
const passwordSpanMs = 5 * minuteMs
/** Fewer than IAM's, as elsewhere in these models. */
const pageMost = 3
/** New accounts are like this since root access can be managed centrally. */
const nothing: ModelCredentials = {
  root: { hasPassword: false, hasMfa: false, activeKeys: 0 },
  users: [],
  roles: [],
}

export type MemoryCredentialsOptions = {
  readonly clock: Clock
  readonly openTable?: OpenTable | undefined
  /** How long making a report takes; default 2,000. */
  readonly reportMs?: number | undefined
  /** How late IAM knows of a use; default four hours. */
  readonly lateMs?: number | undefined
  /** Lets a call in, or throws. */
  readonly enter: (operation: string, account: AccountId) => void
}

/** A model of the users, access keys, roles and password policies that IAM has in each account. Throws ServiceError. */
export class MemoryCredentials {
  readonly #options: MemoryCredentialsOptions
  readonly #accounts: Map<string, ModelCredentials>
  readonly #reports: Map<string, Report>

  constructor(options: MemoryCredentialsOptions) {
    const openTable = options.openTable ?? memoryTables
    this.#options = options
    this.#accounts = openTable('iam/credentials')
    this.#reports = openTable('iam/credential-reports')
  }

  tell(account: AccountId, credentials: ModelCredentials): void {
    this.#accounts.set(account, credentials)
  }

  /** The truth, without any lag. */
  of(account: AccountId): ModelCredentials {
    return this.#accounts.get(account) ?? nothing
  }

  in(account: AccountId) {
    return {
      generateCredentialReport: async () => this.generateCredentialReport(account),
      credentialReport: async () => this.credentialReport(account),
      listAccessKeys: async (userName, token) => this.listAccessKeys(account, userName, token),
      accessKeyLastUsed: async (id) => this.accessKeyLastUsed(account, id),
      listRoles: async (token) => this.listRoles(account, token),
      passwordPolicy: async () => this.#passwordPolicy(account),
      hasRootPassword: async () => this.accountSummary(account).AccountPasswordPresent > 0,
    } satisfies Partial<AuditedAccount>
  }

  /** The IAM of an account, for a caller who may change credentials there. */
  retireIn(account: AccountId): RetiringAccount {
    const { listAccessKeys, accessKeyLastUsed } = this.in(account)
    return {
      listAccessKeys,
      accessKeyLastUsed,
      userOfKey: async (id) => {
        this.#options.enter('GetAccessKeyLastUsed', account)
        return iamUserName.optional().parse(this.userNameOf(account, id))
      },
      user: async (name) => this.user(account, name),
      password: async (name) => this.password(account, name),
      updateAccessKey: async (name, id, isActive) => this.updateAccessKey(account, name, { id, isActive }),
      deleteAccessKey: async (name, id) => this.deleteAccessKey(account, name, id),
      deletePassword: async (name) => this.deletePassword(account, name),
      deleteUser: async (name) => this.deleteUser(account, name),
    }
  }

  user(account: AccountId, name: string): { readonly madeAt: Date; readonly passwordLastUsedAt?: Date | undefined } {
    this.#options.enter('GetUser', account)
    const { madeAt, password } = this.#userOf(account, name)
    return { madeAt, passwordLastUsedAt: this.#known(password?.uses ?? [], passwordSpanMs)?.at }
  }

  /** A simplification: IAM reports when the password was created, and this model creates it at each change. */
  password(account: AccountId, name: string): { readonly madeAt: Date } {
    this.#options.enter('GetLoginProfile', account)
    const { password } = this.#userOf(account, name)
    if (password === undefined) throw noSuchPassword(name)
    return { madeAt: password.changedAt }
  }

  updateAccessKey(account: AccountId, name: string, { id, isActive }: Pick<ModelKey, 'id' | 'isActive'>): void {
    this.#options.enter('UpdateAccessKey', account)
    const user = this.#userWithKey(account, name, id)
    this.#change(account, { ...user, keys: user.keys.map((key) => (key.id === id ? { ...key, isActive } : key)) })
  }

  /** Deletes active keys too. (IAM API Reference, "DeleteAccessKey".) */
  deleteAccessKey(account: AccountId, name: string, id: string): void {
    this.#options.enter('DeleteAccessKey', account)
    const user = this.#userWithKey(account, name, id)
    this.#change(account, { ...user, keys: user.keys.filter((key) => key.id !== id) })
  }

  deletePassword(account: AccountId, name: string): void {
    this.#options.enter('DeleteLoginProfile', account)
    const user = this.#userOf(account, name)
    if (user.password === undefined) throw noSuchPassword(name)
    this.#change(account, { ...user, password: undefined })
  }

  /** IAM API Reference, "DeleteUser": the caller must delete attached items first. */
  deleteUser(account: AccountId, name: string): void {
    this.#options.enter('DeleteUser', account)
    const { password, keys, groups = [], policies = [], hasMfa } = this.#userOf(account, name)
    if (password !== undefined) throw userHasMore('delete login profile')
    if (keys.length > 0) throw userHasMore('delete access keys')
    if (groups.length > 0) throw userHasMore('remove users from group')
    if (policies.length > 0) throw userHasMore('detach all policies')
    if (hasMfa) throw userHasMore('delete MFA device')
    const credentials = this.of(account)
    this.#accounts.set(account, { ...credentials, users: credentials.users.filter((user) => user.name !== name) })
  }

  #userOf(account: AccountId, userName: string): ModelUser {
    const user = this.of(account).users.find(({ name }) => name === userName)
    if (user === undefined) throw noSuchUser(userName)
    return user
  }

  #userWithKey(account: AccountId, userName: string, keyId: string): ModelUser {
    const user = this.#userOf(account, userName)
    if (!user.keys.some(({ id }) => id === keyId)) throw noSuchKey(keyId)
    return user
  }

  #change(account: AccountId, changed: ModelUser): void {
    const credentials = this.of(account)
    const users = credentials.users.map((user) => (user.name === changed.name ? changed : user))
    this.#accounts.set(account, { ...credentials, users })
  }

  generateCredentialReport(account: AccountId): 'STARTED' | 'INPROGRESS' | 'COMPLETE' {
    this.#options.enter('GenerateCredentialReport', account)
    const now = this.#options.clock.now().getTime()
    const last = this.#reports.get(account)
    if (last !== undefined && now < last.madeAt.getTime()) return 'INPROGRESS'
    if (last !== undefined && now - last.madeAt.getTime() < reportEveryMs) return 'COMPLETE'
    const madeAt = new Date(now + (this.#options.reportMs ?? 2_000))
    this.#reports.set(account, { content: this.#renderReport(account), madeAt })
    return 'STARTED'
  }

  credentialReport(account: AccountId): Report {
    this.#options.enter('GetCredentialReport', account)
    const now = this.#options.clock.now().getTime()
    const report = this.#reports.get(account)
    if (report === undefined) throw noReport()
    if (now < report.madeAt.getTime()) throw reportInProgress()
    if (now - report.madeAt.getTime() >= reportEveryMs) throw reportExpired()
    return report
  }

  listAccessKeys(account: AccountId, userName: string, nextToken?: string): Page<AccessKey> {
    this.#options.enter('ListAccessKeys', account)
    const user = this.#userOf(account, userName)
    const page = sortedPage(user.keys, ({ id }) => id, { nextToken, most: pageMost }, invalidMarker)
    return { ...page, items: page.items.map(({ id, isActive, madeAt }) => ({ id, isActive, madeAt })) }
  }

  accessKeyLastUsed(account: AccountId, id: string): KeyUse {
    this.#options.enter('GetAccessKeyLastUsed', account)
    const key = this.of(account)
      .users.flatMap(({ keys }) => keys)
      .find((one) => one.id === id)
    const use = this.#known(key?.uses ?? [], keySpanMs)
    return use === undefined ? {} : { lastUsedAt: use.at, service: use.service, region: use.region }
  }

  /** Part of the same answer. A simplification: AWS does not document its answer for a key that is not there; this one names nobody. */
  userNameOf(account: AccountId, keyId: string): string | undefined {
    return this.of(account).users.find(({ keys }) => keys.some(({ id }) => id === keyId))?.name
  }

  listRoles(account: AccountId, nextToken?: string): Page<AuditedRole> {
    this.#options.enter('GetAccountAuthorizationDetails', account)
    const page = sortedPage(this.of(account).roles, ({ name }) => name, { nextToken, most: pageMost }, invalidMarker)
    const items = page.items.map(({ uses, ...role }) => ({ ...role, lastUsedAt: this.#known(uses, 0)?.at }))
    return { ...page, items }
  }

  accountPasswordPolicy(account: AccountId): AccountPasswordPolicy {
    this.#options.enter('GetAccountPasswordPolicy', account)
    const { passwordPolicy } = this.of(account)
    if (passwordPolicy === undefined) throw noSuchPasswordPolicy(account)
    return passwordPolicy
  }

  accountSummary(account: AccountId): { readonly AccountPasswordPresent: number } {
    this.#options.enter('GetAccountSummary', account)
    return { AccountPasswordPresent: this.of(account).root.hasPassword ? 1 : 0 }
  }

  async #passwordPolicy(account: AccountId): Promise<AccountPasswordPolicy | undefined> {
    if (this.of(account).passwordPolicy !== undefined) return this.accountPasswordPolicy(account)
    this.#options.enter('GetAccountPasswordPolicy', account)
    return undefined
  }

  /** The last use that IAM knows: it learns of uses late, and records only the first of a span. */
  #known(uses: readonly Use[], spanMs: number): Use | undefined {
    const until = this.#options.clock.now().getTime() - (this.#options.lateMs ?? reportEveryMs)
    let recorded: Use | undefined
    for (const use of uses)
      if (use.at.getTime() <= until && (recorded === undefined || use.at.getTime() - recorded.at.getTime() >= spanMs))
        recorded = use
    return recorded
  }

  #renderReport(account: AccountId): string {
    const { root, users } = this.of(account)
    const instant = (at: Date | undefined, none: string) => at?.toISOString().replace('Z', '+00:00') ?? none
    const keysOf = (keys: readonly ModelKey[]) => {
      // An inactive key has no instant of rotation.
      const cells = keys
        .filter(({ isActive }) => isActive)
        .map((key) => {
          const use = this.#known(key.uses, keySpanMs)
          return ['true', instant(key.madeAt, ''), instant(use?.at, 'N/A'), use?.region ?? 'N/A', use?.service ?? 'N/A']
        })
      const none = ['false', 'N/A', 'N/A', 'N/A', 'N/A']
      return [cells[0] ?? none, cells[1] ?? none].flat()
    }
    const rootKeys = Array.from({ length: root.activeKeys }, (_, index) => ({
      id: `AKIAROOT${index}`,
      isActive: true,
      madeAt: new Date(0),
      uses: [],
    }))
    const certificates = ['false', 'N/A', 'false', 'N/A']
    const made = '2020-01-01T00:00:00+00:00'
    const first = [
      rootUser,
      `arn:aws:iam::${account}:root`,
      made,
      'not_supported',
      'no_information',
      'not_supported',
      'not_supported',
    ]
    const lines = users.map(({ name, path, madeAt, password, hasMfa, keys }) => [
      name,
      `arn:aws:iam::${account}:user${path}${name}`,
      instant(madeAt, ''),
      String(password !== undefined),
      password === undefined ? 'N/A' : instant(this.#known(password.uses, passwordSpanMs)?.at, 'no_information'),
      instant(password?.changedAt, 'N/A'),
      'N/A',
      String(hasMfa),
      ...keysOf(keys),
      ...certificates,
    ])
    return [columns, [...first, String(root.hasMfa), ...keysOf(rootKeys), ...certificates], ...lines]
      .map(String)
      .join('\n')
  }
}

const keyColumns = (number: number) =>
  ['active', 'last_rotated', 'last_used_date', 'last_used_region', 'last_used_service'].map(
    (name) => `access_key_${number}_${name}`,
  )
const columns = [
  'user',
  'arn',
  'user_creation_time',
  'password_enabled',
  'password_last_used',
  'password_last_changed',
  'password_next_rotation',
  'mfa_active',
  ...keyColumns(1),
  ...keyColumns(2),
  ...[1, 2].flatMap((number) => [`cert_${number}_active`, `cert_${number}_last_rotated`]),
]
