import { hostname, userInfo } from 'node:os'
import type { Command } from 'commander'
import { quote, renderComplaint } from '../../shared/domain/complaint.ts'
import { defaultConfiguration } from '../../shared/domain/configuration.ts'
import type { PermissionSetArn } from '../../shared/domain/identity-center-ids.ts'
import { type PermissionSetName, permissionSetName } from '../../shared/domain/permission-set-name.ts'
import { listAll } from '../../shared/ports/page.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import type { SsoAdmin } from '../../shared/ports/sso-admin.ts'
import { limitSsoAdmin } from '../../shared/reconcile/calls/limited-sso-admin.ts'
import { RateLimiter } from '../../shared/reconcile/calls/rate-limiter.ts'
import { PermissionSetIndex } from '../../shared/reconcile/directory/permission-set-index.ts'
import { Lease } from '../../shared/reconcile/dispatcher/lease.ts'
import { type Adoption, adoptPermissionSet } from '../../shared/reconcile/permission-sets/adopt-permission-set.ts'
import { claimBucket, WrongOwnerError } from '../../shared/reconcile/records/owner.ts'
import { bucketOf } from './bucket.ts'
import { openCliPorts } from './cli-ports.ts'
import { explainDenial } from './explain-denial.ts'
import { Refusal } from './refusal.ts'
import { renderJson } from './render-json.ts'

/** An import holds the lease for `portionMs` at a time, then the dispatcher may have it for `turnMs`. */
const portionMs = 20_000
const turnMs = 4_000
const patienceMs = 15 * 60_000

/** `ssofile import --permission-sets`: takes over permission sets that exist already. */
export function addImport(program: Command): void {
  program
    .command('import')
    .summary('take over permission sets that exist already')
    .description(
      "Writes existing permission sets as files under permission_sets/, exactly as they are, and makes them ssofile's:\nfrom then on, changing the file changes the permission set, and deleting the file deletes it. Changes nothing in Identity Center.\nWithout names: all of them, except those that are ssofile's and whose file was deleted. Name one of those to write its file again.\nThe dispatcher pauses meanwhile, at most 20 seconds at a time.",
    )
    .option('--permission-sets [names...]', 'names of permission sets; without names, all')
    .option('--json', 'the result for each as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ssofile import --permission-sets ReadOnly-ps Billing-ps\n  ssofile import --permission-sets --json',
    )
    .action(async (options: { permissionSets?: true | string[]; json?: boolean }) => {
      process.exitCode = await importPermissionSets(options).catch(explainDenial('import', 'import --permission-sets'))
    })
}

async function importPermissionSets(options: { permissionSets?: true | string[]; json?: boolean }): Promise<number> {
  if (options.permissionSets === undefined)
    throw new Refusal('received nothing to import, expected --permission-sets, with names or without (all of them)')
  const names = options.permissionSets === true ? undefined : options.permissionSets.map(parseName)
  const ports = openCliPorts(bucketOf(undefined))
  await claimBucket(ports).catch((error: unknown) => {
    throw error instanceof WrongOwnerError ? new Refusal(error.message) : error
  })
  const results = await adoptAll(ports, names)
  if (options.json) process.stdout.write(renderJson(results))
  else for (const result of results) process.stdout.write(`${renderResult(result)}\n`)
  return results.some(({ outcome }) => outcome === 'refused' || outcome === 'not-found') ? 1 : 0
}

function parseName(text: string): PermissionSetName {
  const name = permissionSetName.safeParse(text)
  if (name.success) return name.data
  throw new Refusal(
    `received the name '${quote(text)}', expected the name of a permission set: 1 to 32 letters, digits or _ + = , . @ -`,
  )
}

type Result = Adoption | { readonly name: string; readonly outcome: 'not-found'; readonly near?: string | undefined }

/** In portions, each under the dispatcher lease: so the rate limit holds, and changes of access wait only briefly. */
async function adoptAll(ports: Ports, names: readonly PermissionSetName[] | undefined): Promise<readonly Result[]> {
  const results: Result[] = []
  let left: readonly PermissionSetArn[] | undefined
  do {
    if (left) await ports.clock.sleep(turnMs)
    left = await underLease(ports, async (ssoAdmin, mayGoOn) => {
      const wanted = left ?? (await findAll(ports, ssoAdmin, names, results))
      let done = 0
      for (; done < wanted.length && (done === 0 || mayGoOn()); done++) {
        const arn = wanted[done]
        const adoption = arn && (await adoptPermissionSet(arn, { ...ports, ssoAdmin, named: names !== undefined }))
        if (adoption) results.push(adoption)
      }
      if (done < wanted.length) process.stderr.write(`${done} of ${wanted.length} done\n`)
      return wanted.slice(done)
    })
  } while (left.length > 0)
  return results
}

async function findAll(
  ports: Ports,
  ssoAdmin: SsoAdmin,
  names: readonly PermissionSetName[] | undefined,
  results: Result[],
): Promise<readonly PermissionSetArn[]> {
  if (names === undefined) return Array.fromAsync(listAll((token) => ssoAdmin.listPermissionSets(token)))
  const index = new PermissionSetIndex({ ...ports, ssoAdmin })
  const arns: PermissionSetArn[] = []
  for (const name of names) {
    const arn = await index.resolve(name)
    if (arn) arns.push(arn)
    else results.push({ name, outcome: 'not-found', near: index.findNear(name) })
  }
  return arns
}

async function underLease<T>(
  ports: Ports,
  work: (ssoAdmin: SsoAdmin, mayGoOn: () => boolean) => Promise<T>,
): Promise<T> {
  const { clock } = ports
  const lease = await acquire(ports)
  void lease.keep()
  const limiter = new RateLimiter(clock, defaultConfiguration.limits.callsPerSecond)
  const endsMs = clock.monotonicMs() + portionMs
  const holds = () => lease.mayStart()
  try {
    return await work(limitSsoAdmin(ports, limiter, { mayStart: holds, holdsLease: holds }), () => {
      return holds() && clock.monotonicMs() < endsMs
    })
  } finally {
    await limiter.rest()
    await lease.release()
  }
}

async function acquire(ports: Ports): Promise<Lease> {
  const { clock } = ports
  const holder = `ssofile import, ${userInfo().username}@${hostname()}, process ${process.pid}`
  const beganMs = clock.monotonicMs()
  while (clock.monotonicMs() - beganMs < patienceMs) {
    const lease = await Lease.acquire(ports, holder)
    if (lease) return lease
    process.stderr.write(
      `a dispatcher is at work (${(await Lease.holder(ports)) ?? 'unknown'}); waiting until it pauses\n`,
    )
  }
  throw new Refusal(
    'the dispatcher was busy for 15 minutes; run the import again later; what was imported stays imported',
  )
}

function renderResult(result: Result): string {
  switch (result.outcome) {
    case 'adopted':
    case 'restored':
      return [
        `${result.outcome.padEnd(15)}${result.name}  ${result.file}`,
        ...result.notes.map((note) => `               ${note}`),
      ].join('\n')
    case 'already-owned':
      return `already ours   ${result.name}`
    case 'refused':
      return `refused        ${renderComplaint(result.complaint)}`
    case 'not-found': {
      const near = result.near === undefined ? '' : `; did you mean '${quote(result.near)}'?`
      return `not found      Identity Center has no permission set '${result.name}'${near}`
    }
    default:
      return result satisfies never
  }
}
