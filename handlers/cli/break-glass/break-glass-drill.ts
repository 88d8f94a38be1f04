import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { openAwsResponder } from '../../../shared/aws/aws-responder.ts'
import { SystemClock } from '../../../shared/aws/system-clock.ts'
import { responderOf, roleArn, roleName, userName } from '../../../shared/domain/account-facts/break-glass-names.ts'
import type { BreakGlass, Playbook } from '../../../shared/domain/files/break-glass-file.ts'
import {
  type DrilledRole,
  type DrillRecord,
  drilledCall,
  drillKey,
  isPassed,
} from '../../../shared/modules/break-glass/rules/drill-record.ts'
import type { Responder } from '../../../shared/ports/break-glass.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import { isServiceError } from '../../../shared/ports/service-error.ts'
import { Refusal } from '../arguments/refusal.ts'
import { paint } from '../terminal/paint.ts'
import { readBreakGlass } from './read-break-glass.ts'

export const alarmQuestion = 'A mail says BREAK-GLASS: AssumeRole. Its code (leave empty if no mail came): '

type Options = {
  readonly file: string
  readonly playbook?: string
  readonly account?: string
  readonly mfaSerial?: string
  readonly to: string
  readonly alarm: boolean
}

export function addBreakGlassDrill(group: Command): void {
  group
    .command('drill')
    .summary('assume your roles, prove their permissions, wait for the alarm, write the record')
    .description(
      'For a responder, with their own session (aws login). Assumes each of your roles, proves its rights by dry calls, measures the time, and waits for the code in the mail of the alarm. The record is drills/<date>/<responder>.json in the folder of --to: upload it later, with your everyday access.',
    )
    .requiredOption('--file <file>', 'the definition, infra/break-glass/<name>.json')
    .option('--playbook <name>', 'only this playbook')
    .option('--account <id>', 'only in this account')
    .option(
      '--mfa-serial <arn>',
      'ask for a new code of this device for each role; default: the sign-in already proved it',
    )
    .option('--to <folder>', 'where drills/ is written', '.')
    .option('--no-alarm', 'do not wait for the alarm; the drill then does not pass')
    .addHelpText(
      'after',
      '\nExample:\n  ssofile break-glass drill --file infra/break-glass/example.json --playbook administrator',
    )
    .action(async (options: Options) => {
      process.exitCode = await drill(options)
    })
}

async function drill(options: Options): Promise<number> {
  const file = await readBreakGlass(options.file)
  const clock = new SystemClock()
  const responder = openAwsResponder()
  const arn = await responder.identity()
  const name = responderOf(arn, file.securityAccount)
  if (name === undefined || !file.responders.some((one) => one.name === name))
    throw new Refusal(tellStranger(file, arn))
  const startedAt = clock.now()
  const terminal = createInterface({ input: process.stdin, output: process.stderr, terminal: false })
  const lines = terminal[Symbol.asyncIterator]()
  const ask = async (question: string) => {
    process.stderr.write(question)
    const line = await lines.next()
    return line.done ? '' : line.value.trim()
  }
  const roles: DrilledRole[] = []
  for (const { playbook, account } of listTargets(file, name, options)) {
    const serial = options.mfaSerial
    const device =
      serial === undefined
        ? undefined
        : { serial, code: await ask(`Code of ${serial} for ${roleName(playbook.name)}: `) }
    const drilled = await drillRole({ responder, clock, name, playbook, account, device })
    roles.push(drilled)
    process.stdout.write(renderDrilledRole(drilled))
  }
  const code = options.alarm ? await ask(alarmQuestion) : ''
  terminal.close()
  const endedAt = clock.now()
  const alarm = isCode(code) ? { code, afterMs: endedAt.getTime() - startedAt.getTime() } : undefined
  const record: DrillRecord = {
    v: 1,
    responder: name,
    definition: file.name,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    roles,
    alarm,
    isPassed: isPassed({ roles, alarm }),
  }
  await keep(record, options.to)
  return record.isPassed ? 0 : 1
}

type Target = { readonly playbook: Playbook; readonly account: string }

function listTargets(file: BreakGlass, name: string, { playbook: only, account }: Options): readonly Target[] {
  const own = file.playbooks.filter(({ responders }) => responders.includes(name))
  if (own.length === 0) throw new Refusal(`${name} has no playbook in this file, so there is nothing to drill`)
  const chosen = own.filter((one) => only === undefined || one.name === only)
  if (chosen.length === 0)
    throw new Refusal(
      `received the playbook '${only}', expected one of yours: ${own.map((one) => one.name).join(', ')}`,
    )
  // A responder may not list the accounts of an organizational unit: the file names some accounts for the drill.
  const placesOf = ({ organizationalUnits, accounts }: Playbook) =>
    organizationalUnits.length > 0 ? file.drill.accounts : accounts
  return chosen.flatMap((playbook) =>
    (account === undefined ? placesOf(playbook) : [account]).map((one) => ({ playbook, account: one })),
  )
}

async function drillRole(
  of: Target & {
    readonly responder: Responder
    readonly clock: Clock
    readonly name: string
    readonly device: { readonly serial: string; readonly code: string } | undefined
  },
): Promise<DrilledRole> {
  const { responder, clock, name, playbook, account, device } = of
  const about = { role: roleName(playbook.name), account }
  const began = clock.monotonicMs()
  try {
    const role = await responder.assume({
      roleArn: roleArn(account, playbook.name),
      session: 'drill',
      sourceIdentity: userName(name),
      device,
    })
    const assumedInMs = Math.round(clock.monotonicMs() - began)
    const calls = []
    for (const call of playbook.may) calls.push(drilledCall(call, 'allowed', await role.try(call)))
    for (const call of playbook.mayNot) calls.push(drilledCall(call, 'refused', await role.try(call)))
    return { ...about, assumedInMs, calls }
  } catch (error) {
    if (!isServiceError(error)) throw error
    return { ...about, refusal: `${error.code}: ${error.message}`, calls: [] }
  }
}

export function tellStranger({ name, responders, securityAccount }: BreakGlass, arn: string): string {
  const users = responders.map((one) => userName(one.name)).join(', ')
  return `received the credentials of ${arn}, expected a responder of ${name}: ${users} in ${securityAccount}; sign in as yourself: aws login`
}

export function renderDrilledRole({ role, account, assumedInMs, refusal, calls }: DrilledRole): string {
  const head = `${role} in ${account}`
  if (refusal !== undefined) return `${paint('bad', 'FAIL')}  ${head}: not assumed; ${refusal}\n`
  const wrong = calls.filter(({ expected, came }) => expected !== came)
  const told = `assumed in ${assumedInMs} ms; ${calls.length - wrong.length} of ${calls.length} calls came out as expected`
  const lines = wrong.map(({ call, expected, came }) => `        ${call}: expected ${expected}, received ${came}\n`)
  return `${wrong.length === 0 ? paint('good', 'ok  ') : paint('bad', 'FAIL')}  ${head}: ${told}\n${lines.join('')}`
}

/** CloudTrail gives events ids of this form: the mail contains it, and the evidence searches for it. */
function isCode(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}

async function keep(record: DrillRecord, folder: string): Promise<void> {
  const path = join(folder, drillKey(record))
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `${JSON.stringify(record, undefined, 2)}\n`)
  process.stdout.write(renderDrill(record, path))
}

export function renderDrill(record: DrillRecord, path: string): string {
  const alarm = record.alarm === undefined ? 'no alarm was confirmed' : 'the alarm rang'
  return `${record.isPassed ? 'passed' : 'not passed'}: ${alarm}; written to ${path}\nUpload it with your everyday access: aws s3 cp ${path} s3://<the bucket>/${drillKey(record)}\n`
}
