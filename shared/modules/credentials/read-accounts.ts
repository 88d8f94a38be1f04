import pLimit from 'p-limit'
import { noPrincipals } from '../../domain/account-facts/emergency-principals.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import { count } from '../../domain/text/count.ts'
import type { Ports } from '../../ports/ports.ts'
import type { KeptCredentials } from './kept-credentials.ts'
import { type CredentialContext, readCredentials, readUsersOfLarge, tellUsersLeft } from './read-credentials.ts'
import { readSecurityAccount } from './read-unused-access.ts'

/** How many accounts' rows to keep in memory; they are read again after a crash. */
const accountsAtOnce = 128
/** Each of them has a portion of its users in memory. */
const largeAccountsAtOnce = 32

type ReadingPorts = Pick<Ports, 'auditor' | 'clock' | 'randomness' | 'emergency'>
type Night = Pick<CredentialContext, 'auditorRole' | 'hygiene' | 'ownerOf'> & {
  readonly kept: KeptCredentials
  /** Begins no part after this time (monotonic). */
  readonly untilMs: number
  /** No run follows that could read on. */
  readonly isLastRun: boolean
}

/**
 * Reads the accounts in parts, by their ids, without those that an earlier run of this day has read. Reads the users of large accounts
 * beside that, so no account waits for another one's users. If the time is over, throws; the last run keeps a row for each account that
 * it has not read. Returns the security account's notes.
 */
export async function readAccounts(
  ports: ReadingPorts,
  unsorted: readonly Account[],
  night: Night,
): Promise<readonly string[]> {
  const { kept, untilMs, isLastRun } = night
  const accounts = unsorted.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const ids = new Set<string>(accounts.map(({ id }) => id))
  const notes = new Set<string>()
  // Opened again for each part, because the session ends after a quarter of an hour.
  const openContext = async (): Promise<CredentialContext> => {
    const organization = await readSecurityAccount(ports, night.hygiene.securityAccount, night.auditorRole)
    for (const note of organization.notes) notes.add(note)
    return { ...night, accounts: ids, organization, emergency: ports.emergency?.() ?? noPrincipals }
  }
  const large = new LargeAccounts(ports, night)
  const before = await kept.largeAccounts()
  if (before.size > 0)
    large.begin(
      accounts.filter(({ id }) => before.has(id)),
      await openContext(),
    )
  const upTo = await kept.readUpTo()
  const rest = accounts.filter(({ id }) => id > upTo)
  let left = rest.length
  while (left > 0) {
    const part = rest.slice(-left, rest.length - left + accountsAtOnce)
    const last = part.at(-1)
    const isOver = ports.clock.monotonicMs() >= untilMs
    if (last === undefined || (isOver && !isLastRun)) break
    const context = await openContext()
    const read = await Promise.all(
      part.map(async (account) => [account, await readCredentials(ports, account, { ...context, isOver })] as const),
    )
    large.begin(
      read.flatMap(([account, { isLarge }]) => (isLarge ? [account] : [])),
      context,
    )
    await kept.keep(last.id, new Map(read.map(([{ id }, one]) => [id, one])))
    left -= part.length
  }
  const leftLarge = await large.end()
  if (left + leftLarge > 0)
    throw new Error(
      `the time of this run is over: ${count(left, 'account')} and the users of ${count(leftLarge, 'large account')} are left; the next run reads them`,
    )
  return [...notes]
}

/** The users of large accounts. */
class LargeAccounts {
  readonly #ports: ReadingPorts
  readonly #night: Night
  readonly #limit = pLimit(largeAccountsAtOnce)
  readonly #reading: Promise<readonly [PromiseSettledResult<boolean>]>[] = []

  constructor(ports: ReadingPorts, night: Night) {
    this.#ports = ports
    this.#night = night
  }

  begin(accounts: readonly Account[], context: CredentialContext): void {
    for (const account of accounts)
      this.#reading.push(Promise.allSettled([this.#limit(() => this.#read(account, context))]))
  }

  /** Waits for all. Returns how many accounts have users that are left. Throws the first error. */
  async end(): Promise<number> {
    const ended = (await Promise.all(this.#reading)).flat()
    for (const one of ended) if (one.status === 'rejected') throw one.reason
    return ended.filter((one) => one.status === 'fulfilled' && !one.value).length
  }

  /** Returns whether no user is left. */
  async #read(account: Account, context: CredentialContext): Promise<boolean> {
    const { kept, untilMs, isLastRun } = this.#night
    const left = await readUsersOfLarge(this.#ports, account, { ...context, kept, untilMs })
    if (left === undefined) return true
    if (isLastRun) await kept.keepUsers(account.id, await tellUsersLeft(this.#ports, account, { ...context, left }))
    return isLastRun
  }
}
