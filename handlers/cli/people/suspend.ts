import type { Command } from 'commander'
import { renderNear } from '../../../shared/domain/principals/near-principal.ts'
import { type PrincipalName, principalName } from '../../../shared/domain/principals/principal.ts'
import { quote, renderComplaint } from '../../../shared/domain/statuses/complaint.ts'
import type { Status } from '../../../shared/domain/statuses/status.ts'
import { parseSuspensionBody, suspensionKey } from '../../../shared/domain/suspensions/suspension.ts'
import { findNearPrincipal } from '../../../shared/modules/access/find-subject.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { reasonOption } from '../arguments/change-options.ts'
import { Refusal } from '../arguments/refusal.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { explainDenial } from '../operations/explain-denial.ts'
import { readSuffix } from '../requests/read-suffix.ts'
import { renderStatus } from '../status/render-status.ts'
import { waitForStatus } from '../status/wait-for-status.ts'
import { renderJson } from '../terminal/render-json.ts'

/** ssofile removes all its access within a minute. */
const patienceMs = 90_000

type Options = { readonly reason?: string; readonly ticket?: string; readonly json?: boolean }

/** `ssofile suspend USER`: writes the file that suspends a person, and reports the result. */
export function addSuspend(program: Command): void {
  program
    .command('suspend')
    .argument('<user>', 'exact user name, as in the directory')
    .description(
      'Writes suspended/<user name> and waits: while that file exists, the person has no access of their own from ssofile. Links stay, for ssofile restore-person.\nIt only needs to write suspended/, and to read the directory and statuses. More: docs/people.md.\nExit code 1: access is left, or the brake holds it, and the answer says what to do; 2: no such user, or suspended already.',
    )
    .addOption(reasonOption())
    .option('--ticket <text>', 'a ticket or change')
    .option('--json', 'the key and the status as JSON')
    .addHelpText(
      'after',
      "\nExample:\n  ssofile suspend kenji.ito@acme.example --reason 'left the company' --ticket HR-4711",
    )
    .action(async (user: string, options: Options) => {
      process.exitCode = await suspend(await openBucket(), user, options)
    })
}

async function suspend(ports: Ports, user: string, { reason, ticket, json = false }: Options): Promise<number> {
  const { objects } = ports
  const key = suspensionKey(await findName(user, ports))
  const body = `${JSON.stringify({ reason, ticket }, undefined, 2)}\n`
  const said = parseSuspensionBody(key, new TextEncoder().encode(body))
  if (!said.ok) throw new Refusal(renderComplaint(said.complaint))
  const written = await objects
    .put(key, body, { ifNoneMatch: '*' })
    .catch(explainDenial('people', 'suspend', `suspend ${user}`))
  const look = `To follow it, run ssofile status '${quote(key, 1024)}'`
  if (written.outcome === 'lost') throw new Refusal(`${quote(key, 1024)} already exists and stays as it is. ${look}`)
  const told = await waitForStatus(ports, key, {
    isDone: (status) => status !== undefined && status.state !== 'revoking',
    withinMs: patienceMs,
  })
  if (json) process.stdout.write(renderJson({ key, status: told ?? null }))
  else if (told) process.stdout.write(renderStatus(told))
  else process.stdout.write(`${quote(key, 1024)}\n  has not been evaluated yet. ${look}\n`)
  return exitCodeOf(told)
}

/** A script that ends a person's access must not continue while access by others is left. */
export function exitCodeOf(told: Pick<Status, 'state'> | undefined): 0 | 1 {
  return told?.state === 'suspended' ? 0 : 1
}

/** The name as in links: without the suffix that the deployment appends to each name. */
async function findName(text: string, { objects, identityStore }: Ports): Promise<PrincipalName> {
  const whole = principalName.safeParse(text)
  if (!whole.success) throw new Refusal('received an empty user, expected an exact user name')
  const suffix = await readSuffix(objects)
  const isWhole = suffix !== '' && text.endsWith(suffix)
  const name = isWhole ? principalName.parse(text.slice(0, -suffix.length)) : whole.data
  if ((await identityStore.findPrincipalId('USER', principalName.parse(name + suffix))) !== undefined) return name
  const near = renderNear(text, await findNearPrincipal('USER', text, identityStore))
  throw new Refusal(`there is no user '${quote(text)}' in the directory; nothing was changed${near}`)
}
