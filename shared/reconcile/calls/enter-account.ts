import type { AccountId } from '../../domain/organization/account-id.ts'
import type { AuditedAccount } from '../../ports/auditor.ts'
import type { Ports } from '../../ports/ports.ts'
import type { RetiringAccount } from '../../ports/retirer.ts'
import { RateLimiter } from './rate-limiter.ts'
import { repeatPatiently } from './repeat-patiently.ts'
import { wrapPort } from './wrap-port.ts'

/** The rate for one account. AWS documents no rate of IAM; throttled calls are retried. */
const callsPerSecond = 10
const repetition = { attemptsMost: 6, firstMs: 300, mostMs: 5_000 }

/** The IAM of one account through the auditor's role there, at a rate that leaves room for others. Throws ServiceError. */
export async function enterAccount(
  ports: Pick<Ports, 'auditor' | 'clock' | 'randomness'>,
  account: AccountId,
  roleName: string,
): Promise<AuditedAccount> {
  const { auditor } = ports
  if (auditor === undefined) throw new Error('nobody can be asked')
  return enterPatiently(ports, () => auditor.enter(account, roleName))
}

/** Enters an account through the role that retires credentials. */
export async function enterToRetire(
  ports: Pick<Ports, 'retirer' | 'clock' | 'randomness'>,
  account: AccountId,
  roleName: string,
): Promise<RetiringAccount> {
  const { retirer } = ports
  if (retirer === undefined) throw new Error('nothing can be retired')
  return enterPatiently(ports, () => retirer.enter(account, roleName))
}

async function enterPatiently<P extends object>(
  ports: Pick<Ports, 'clock' | 'randomness'>,
  enter: () => Promise<P>,
): Promise<P> {
  const iam = await repeatPatiently(ports, repetition, enter)
  const limiter = new RateLimiter(ports.clock, callsPerSecond)
  return wrapPort(iam, (_, call) => repeatPatiently(ports, repetition, () => limiter.run('background', call)))
}
