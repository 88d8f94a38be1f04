import * as z from 'zod'
import { type Finding, ok, warn } from '../../domain/guardrails/finding.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { answerOrError } from '../../ports/service-error.ts'
import {
  absentPermissionSet,
  directoryReads,
  identityCenterReads,
  identityCenterWrites,
  judgeDirectoryReads,
  judgeDryCalls,
  judgeMultiAccount,
  makeDryCalls,
  memberOf,
  organizationReads,
} from './dry-calls.ts'
import { slowPorts } from './slow-ports.ts'

type TriedPorts = Pick<Ports, 'ssoAdmin' | 'identityStore' | 'organizations' | 'accountTags' | 'randomness'>

export async function tryOrganizations(ports: TriedPorts, member: AccountId): Promise<Finding> {
  return judgeDryCalls('organizations', 'organizations', await makeDryCalls(organizationReads(ports, member)))
}

/** ssofile works without the bulk answer, but slowly. AWS answers a caller outside the management account with an empty list. */
async function* tryTags({ accountTags, organizations }: TriedPorts): AsyncGenerator<Finding> {
  if (accountTags === undefined) return
  const check = 'account tags'
  const answer = await answerOrError(accountTags.list(await organizations.managementAccountId()))
  const slow = 'so ssofile reads the tags of nine accounts a second'
  const remedy =
    'deploy the stack that forwards events of Organizations from the management account (docs/deployment.md)'
  if ('error' in answer) yield warn(check, `AWS refuses to list them in bulk, ${slow}: ${answer.error.message}`, remedy)
  else if (answer.is.items.length === 0)
    yield ok(check, `AWS lists no account with tags in bulk. If accounts have tags: ${slow}`)
  else yield ok(check, 'AWS lists them in bulk')
}

/** The dry calls of Identity Center and its directory. Writes only to a permission set that Identity Center reports as missing. */
export async function* tryIdentityCenter(ports: TriedPorts, member: AccountId): AsyncGenerator<Finding> {
  const { ssoAdmin, randomness } = ports
  const { instanceArn } = await ssoAdmin.instance()
  const absent = absentPermissionSet(instanceArn, randomness.id().replaceAll('-', '').slice(0, 16))
  const found = await answerOrError(ssoAdmin.describePermissionSet(absent))
  const isAbsent = 'is' in found && found.is === undefined
  const writes = isAbsent ? identityCenterWrites(ssoAdmin, absent, member) : []
  const answers = await makeDryCalls([...identityCenterReads(ssoAdmin, absent, member), ...writes])
  yield judgeMultiAccount(answers.find(({ action }) => action === 'ListPermissionSets')?.answer)
  yield judgeDryCalls('identity center', 'sso', answers)
  if (!isAbsent) yield warn('identity center', 'its writes were not tried', 'allow sso:DescribePermissionSet')
  yield* judgeDirectoryReads(await makeDryCalls(directoryReads(ports)))
}

/** The question of `ssofile doctor` to the deployed dispatcher: try your own permissions. */
export const doctorQuestion = z.object({ doctor: z.literal(true) })
export type DoctorQuestion = z.infer<typeof doctorQuestion>

/** All findings that a role of ssofile can make about its own permissions. Changes nothing. Throws ServiceError. */
export async function tryOwnPermissions(ports: Ports): Promise<{ readonly findings: readonly Finding[] }> {
  const slow = slowPorts(ports)
  const { organizations } = slow
  const accounts = await Array.fromAsync(listAll((token) => organizations.listAccounts(token)))
  const member = memberOf(accounts, await organizations.managementAccountId())
  if (member === undefined) return { findings: [] }
  return {
    findings: [
      await tryOrganizations(slow, member),
      ...(await Array.fromAsync(tryTags(slow))),
      ...(await Array.fromAsync(tryIdentityCenter(slow, member))),
    ],
  }
}

export const ownPermissions = z.object({
  findings: z.array(
    z.object({
      check: z.string(),
      level: z.enum(['ok', 'warn', 'fail', 'skip']),
      told: z.string(),
      remedy: z.string().optional(),
    }),
  ),
})
