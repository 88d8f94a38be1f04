import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { type Command, Option } from 'commander'
import { openAwsAuditor } from '../../../shared/aws/aws-auditor.ts'
import { roleInPlaceOfSet } from '../../../shared/domain/assignments/entitlement.ts'
import type { Configuration } from '../../../shared/domain/deployment/configuration.ts'
import type { Eligibility } from '../../../shared/domain/files/eligibility-file.ts'
import { linkPrefix } from '../../../shared/domain/links/link.ts'
import { permissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalName } from '../../../shared/domain/principals/principal.ts'
import { renderScope } from '../../../shared/domain/scopes/scope.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { matchesGlob } from '../../../shared/domain/text/glob.ts'
import { addLevels } from '../../../shared/modules/access/add-levels.ts'
import { renderAnswer } from '../../../shared/modules/access/describe-page.ts'
import type { HeldAccess } from '../../../shared/modules/access/expand-access.ts'
import { describeViolations, findViolations, type Violations } from '../../../shared/modules/access/find-violations.ts'
import { unlessRefused } from '../../../shared/modules/access/unless-refused.ts'
import {
  type WhoAnswer,
  type WhoFacts,
  type WhoQuestion,
  whoHasAccess,
} from '../../../shared/modules/access/who-has-access.ts'
import { ProposedObjects } from '../../../shared/modules/plan/proposed-objects.ts'
import { readMembershipsAt } from '../../../shared/modules/reports/memberships-at.ts'
import {
  askedApplications,
  findApplications,
  readApplications,
} from '../../../shared/modules/reports/report-applications.ts'
import { EligibilityFiles } from '../../../shared/modules/requests/eligibility-files.ts'
import { findEligible } from '../../../shared/modules/requests/find-eligible.ts'
import { People } from '../../../shared/modules/requests/people.ts'
import { judgeUse } from '../../../shared/modules/usage/rules/role-use.ts'
import type { Auditor } from '../../../shared/ports/auditor.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import type { TellProgress } from '../../../shared/ports/progress.ts'
import { patientIdentityStore } from '../../../shared/reconcile/calls/patient-identity-store.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization/organization-cache.ts'
import { parseAccount } from '../arguments/parse-account.ts'
import { parseDays } from '../arguments/parse-days.ts'
import { parseInstant } from '../arguments/parse-instant.ts'
import { Refusal } from '../arguments/refusal.ts'
import { tellError } from '../arguments/tell-error.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { findConfiguration } from '../bucket/deployment.ts'
import { readActionCatalog } from '../plan/read-action-catalog.ts'
import { csvMark } from '../terminal/csv-mark.ts'
import { Progress } from '../terminal/progress.ts'
import { renderDuration } from '../terminal/render-duration.ts'
import { renderJson } from '../terminal/render-json.ts'
import { renderTable, terminalWidth } from '../terminal/render-table.ts'
import { show } from '../terminal/show.ts'
import { findMissing, findMissingSubject } from './find-missing.ts'
import {
  AccessTable,
  type Fixed,
  hasUnknownMembers,
  renderAccessAsCsv,
  renderAccessAsJson,
  renderNotes,
  renderSources,
} from './render-access.ts'
import { tellAll } from './who-all.ts'
import { parseSince, tellChanges } from './who-changes.ts'
import { tellUses } from './who-uses.ts'

const outputs = ['table', 'csv', 'json', 'html'] as const
type Output = (typeof outputs)[number]

type Options = {
  readonly user?: string
  readonly group?: string
  readonly account?: string
  readonly permissionSet?: string
  readonly links?: string
  readonly at?: string
  readonly unusedFor?: number
  readonly violations?: boolean
  readonly levels?: boolean
  readonly changes?: string
  readonly eligible?: boolean
  readonly applications?: boolean
  readonly used?: boolean
  readonly all?: string
  readonly since: string
  readonly live: boolean
  readonly output: Output
  readonly json?: boolean
  readonly config?: string
}

/** `ssofile who`: lists all access, groups expanded to people. */
export function addWho(program: Command): void {
  program
    .command('who')
    .description(
      'Lists all access, also what others gave. A row has the person, permission set, account, group, link, uploader, ticket, reason, since and until. Rows match all filters. If a few calls are enough, the command also asks Identity Center. The answer says how old each part is.\nWith --unused-for it leaves out access that its person used, as far as uses are counted, and asks IAM in each account when anybody last used the role of the permission set.\nCSV, JSON and HTML are sorted by account. Without filters, --levels and --at they are written while the bucket is read.\nExit code 1: nobody (with --unused-for: no unused access); 2: not known, no such name, or something could not be read, so a list that has begun may end early.',
    )
    .option('--user <name>', 'user name or id: access of this user, directly and through groups')
    .option('--group <name>', 'display name or id of a group')
    .option('--account <id>', 'an account, by id or name')
    .option('--permission-set <name>', 'a permission set; or role:NAME, an existing role of account access manager')
    .option('--links <glob>', 'keys of links; * stands for any characters; links_data/ can be left out')
    .option(
      '--at <instant>',
      'access at an earlier instant, such as 2026-03-03T10:00:00Z; groups have the members of the last report before it',
    )
    .option('--unused-for <days>', 'access unused for so many days, such as 90d', parseDays)
    .option('--used', 'each last use since then, by person, also of access that is gone; as far as uses are counted')
    .option('--since <instant>', 'with --used: such as 7d, 4h or 2026-03-03T10:00:00Z', '7d')
    .option('--violations', 'access by links that policies would refuse today, with the rule')
    .option(
      '--levels',
      'the access levels of each permission set: Permissions management, Write, Tagging, Read, List, or unknown',
    )
    .option('--eligible', 'the temporary access that people may ask for')
    .option('--applications', 'applications that may act for their users, of those that AWS shows to your account')
    .option(
      '--changes <since>',
      'changes of access since then, with the authors of changes by hand; such as 7d, 4h or 2026-03-03T10:00:00Z',
    )
    .option(
      '--all <file>',
      'access in the deployments of this file (JSON), one for each organization; exit code 2 if one could not be read',
    )
    .option('--no-live', 'only the bucket, without Identity Center')
    .addOption(new Option('--output <form>', 'the format of the output').choices(outputs).default('table'))
    .option('--json', 'the same as --output json')
    .option('--config <file>', 'configuration file (JSON), if the bucket has no deployment')
    .addHelpText(
      'after',
      "\nExamples:\n  ssofile who --user kenji.ito@acme.example\n  ssofile who --account 233000000002\n  ssofile who --permission-set AdministratorAccess --output csv > admins.csv\n  ssofile who --output html > access.html\n  ssofile who --links 'root%*'\n  ssofile who --account 233000000002 --at 2026-03-03T10:00:00Z\n  ssofile who --violations\n  ssofile who --levels --account 233000000002\n  ssofile who --changes 7d --account 233000000002\n  ssofile who --eligible --user kenji.ito@acme.example\n  ssofile who --used --since 7d --account 233000000002\n  ssofile who --unused-for 90d --output csv > unused.csv\n  ssofile who --all deployments.json --user kenji.ito@acme.example\n  ssofile who --all deployments.json --output html > access.html",
    )
    .action(async (options: Options) => {
      // Exit code 1 means that nobody has access.
      process.exitCode = await who(options).catch((error: unknown) => tellError(error, 2))
    })
}

async function who(options: Options): Promise<number> {
  if (options.output === 'html' && process.stdout.isTTY)
    throw new Refusal('received --output html on a terminal, expected a file; add > access.html')
  if (options.levels && (options.at !== undefined || options.output === 'html'))
    throw new Refusal(
      'received --levels with --at or --output html, expected neither: levels exist only for the present, and the page has no column for them',
    )
  if (options.unusedFor !== undefined && options.at !== undefined)
    throw new Refusal(
      'received --unused-for with --at, expected one of them: IAM knows only the present; for a past day see reports/<date>/access.csv',
    )
  if (options.all !== undefined) return whoInAll(options.all, options)
  const bucket = bucketOf(undefined)
  const bare = openCliPorts(bucket)
  const ports = { ...bare, auditor: openAwsAuditor(), objects: new ProposedObjects(bare.objects, bare.clock.now()) }
  const { user, group, links, at, live, unusedFor } = options
  if (options.applications) return tellApplications(live, isJson('--applications', options), ports)
  const configuration = await findConfiguration(ports.objects, options.config)
  if (options.eligible) return tellEligible({ ...options, json: isJson('--eligible', options) }, ports, configuration)
  const account =
    options.account === undefined ? undefined : await parseAccount(options.account, ports, configuration.folders)
  const permissionSet = parsePermissionSet(options.permissionSet)
  if (options.used) {
    if (group !== undefined) throw new Refusal('received --used with --group, expected --user: uses name people')
    const since = parseSince(options.since, ports.clock.now())
    return tellUses({ since, user, account, permissionSet, json: isJson('--used', options) }, ports, configuration)
  }
  if (options.changes !== undefined) {
    const asked = { changes: options.changes, user, group, account, permissionSet }
    return tellChanges({ ...asked, json: isJson('--changes', options) }, ports, configuration)
  }
  const violations = options.violations
    ? await findViolations({ ...ports, identityStore: patientIdentityStore(ports) }, configuration)
    : undefined
  const question = {
    user,
    group,
    account,
    permissionSet,
    isLinkWanted: wantsLinks(links, violations),
    at: at === undefined ? undefined : parsePast(at, ports.clock.now()),
    isLive: live,
    // The table shows none of them, and each costs a read.
    hasUploaders: options.json === true || options.output !== 'table',
    unusedForDays: unusedFor,
  }
  return answer(options, { question, violations }, ports, configuration)
}

type AskedAccess = { readonly question: WhoQuestion; readonly violations: Violations | undefined }

/** Answers the exit code. */
async function answer(
  options: Options,
  { question, violations }: AskedAccess,
  ports: Ports & { readonly auditor: Auditor },
  configuration: Configuration,
): Promise<number> {
  const { account, unusedForDays } = question
  const output = options.json ? 'json' : options.output
  const progress = new Progress()
  progress.tell('reading who has access')
  const membershipsThen = question.at && (await readMembershipsAt(ports.objects, question.at))
  const asking = { ...question, membershipsThen }
  let isTold = true
  const onStep: TellProgress = (step, counted) => {
    if (isTold) progress.tell(step, counted)
  }
  const endProgress = () => {
    isTold = false
    progress.end()
  }
  try {
    const found = await findAccess(options, asking, ports, configuration, onStep)
    // Rows on a terminal would be in the middle of the progress.
    if (output !== 'table' && process.stdout.isTTY) endProgress()
    const notes: string[] = []
    let [rows, wanted, known] = [0, 0, 0]
    let missing: string | undefined
    async function* counted(): AsyncGenerator<readonly HeldAccess[]> {
      try {
        for await (const some of found.rows) {
          rows += some.length
          known += some.filter((row) => !hasUnknownMembers(row)).length
          wanted += some.filter(
            (row) => unusedForDays === undefined || judgeUse(row, unusedForDays) === 'unused',
          ).length
          yield some
        }
      } catch (error) {
        throw output === 'table' ? error : new Error(endsEarly, { cause: error })
      }
      endProgress()
      if (violations) notes.push(...describeViolations(violations))
      if (rows === 0 && question.at === undefined) missing = await findMissing(question, ports, configuration)
    }
    const facts = (): WhoFacts => {
      const told = found.facts()
      const ifEmpty = missing === undefined ? told.ifEmpty : { unread: missing }
      return { ...told, ifEmpty, notes: [...told.notes, ...notes] }
    }
    const fixed = {
      person: question.user !== undefined,
      account: account !== undefined,
      permissionSet: question.permissionSet !== undefined,
      unusedForDays,
    }
    const hasLevels = options.levels
    const isRead = await tell({ rows: counted(), facts }, output, { ...fixed, hasLevels }, ports)
    if (isRead) {
      const isKnown = known > 0 || question.user === undefined
      return judgeAnswer(facts(), { rows, wanted, isKnown, isTable: output === 'table' })
    }
    endProgress()
    // Reads that have begun would go on for a while.
    return process.exit(0)
  } finally {
    endProgress()
  }
}

const endsEarly = 'the list ends early, so access is missing in it'

function whoInAll(file: string, options: Options): Promise<number> {
  const { user, group, account, permissionSet, links, at, unusedFor, config, levels: hasLevels = false } = options
  const output = options.json ? 'json' : options.output
  if (output === 'json') throw new Refusal('received --all with --output json, expected table, csv or html')
  const other = (['changes', 'used', 'eligible', 'applications'] as const).find((one) => options[one])
  if (other !== undefined) throw new Refusal(`received --all with --${other}, expected one of them`)
  const days = unusedFor === undefined ? undefined : `${unusedFor}d`
  const filters = { user, group, account, 'permission-set': permissionSet, links, at, 'unused-for': days, config }
  const given = Object.entries(filters).flatMap(([name, value]) => (value === undefined ? [] : `--${name}=${value}`))
  const flags = { '--violations': options.violations, '--levels': hasLevels, '--no-live': !options.live }
  const args = [...given, ...Object.entries(flags).flatMap(([name, isGiven]) => (isGiven ? name : []))]
  return tellAll({ file, args, output, hasLevels })
}

/** Adds the access levels of permission sets, if the user asks for them: then all rows are read first. */
async function findAccess(
  { levels, live: isLive }: Options,
  question: WhoQuestion,
  ports: Ports & { readonly auditor: Auditor },
  configuration: Configuration,
  onStep: TellProgress,
): Promise<WhoAnswer> {
  const found = await whoHasAccess(question, ports, configuration, onStep)
  if (!levels) return found
  const more: string[] = []
  async function* withLevels(): AsyncGenerator<readonly HeldAccess[]> {
    const all = (await Array.fromAsync(found.rows)).flat()
    onStep('reading what permission sets allow')
    const reading = { auditorRole: configuration.auditorRole, isLive, catalog: await readActionCatalog() }
    const { rows, notes } = await addLevels(all, ports, reading)
    more.push(...notes)
    yield rows
  }
  return { rows: withLevels(), facts: () => ({ ...found.facts(), notes: [...found.facts().notes, ...more] }) }
}

type Answered = {
  readonly rows: number
  /** Rows that the question is about: with --unused-for, unused access. */
  readonly wanted: number
  /** At least one row has a holder that is known, or the question names no person. */
  readonly isKnown: boolean
  readonly isTable: boolean
}

/** The exit code: 0 found, 1 nothing of a name that exists, 2 not known or no such name. Other output than a table has the reason on standard error. */
function judgeAnswer(
  { ifEmpty, sources: { ledger } }: WhoFacts,
  { rows, wanted, isKnown, isTable }: Answered,
): 0 | 1 | 2 {
  const lack = 'unread' in ledger ? ledger : rows === 0 && 'unread' in ifEmpty ? ifEmpty : undefined
  if (lack !== undefined && !isTable) process.stderr.write(`${quote(lack.unread, 1000)}\n`)
  if (lack !== undefined || (rows > 0 && !isKnown)) return 2
  return wanted > 0 ? 0 : 1
}

function isJson(option: string, { json, output }: Options): boolean {
  if (output === 'csv' || output === 'html')
    throw new Refusal(`received ${option} with --output ${output}, expected table or json`)
  return json === true || output === 'json'
}

/** `false`: the reader stopped early (`| head`), which is no failure. */
async function writeParts(parts: AsyncIterable<string>): Promise<boolean> {
  const over = new AbortController()
  // The pipeline itself ends only after the next part.
  const stopped: Promise<readonly NodeJS.ErrnoException[]> = once(process.stdout, 'error', { signal: over.signal })
  const written = pipeline(parts, process.stdout, { end: false }).then(() => [])
  const [error] = await Promise.race([stopped, written]).finally(() => over.abort())
  if (error !== undefined && error.code !== 'EPIPE') throw error
  return error === undefined
}

/** `false`: the reader stopped early. */
async function tell(
  answer: WhoAnswer,
  output: Output,
  { hasLevels, ...fixed }: Fixed & { readonly hasLevels?: boolean | undefined },
  ports: Ports,
): Promise<boolean> {
  const { rows, facts } = answer
  if (output === 'table') {
    const table = new AccessTable(fixed, terminalWidth())
    for await (const some of rows) table.add(some)
    await show(table.render(facts(), ports.clock.now()))
    return true
  }
  const hasUses = facts().sources.watched !== undefined
  const parts = {
    csv: () => renderAccessAsCsv(rows, { hasLevels, hasUses }),
    json: () => renderAccessAsJson(rows, facts),
    html: () => renderAnswer(answer, ports),
  }
  if (output === 'csv') process.stdout.write(csvMark())
  const isRead = await writeParts(parts[output]())
  if (isRead && output === 'csv')
    process.stderr.write(renderSources(facts().sources, ports.clock.now()) + renderNotes(facts().notes))
  return isRead
}

function parsePermissionSet(text: string | undefined) {
  if (text === undefined) return undefined
  const name = permissionSetName.safeParse(text)
  if (name.success) return name.data
  const role = roleInPlaceOfSet.safeParse(text)
  if (role.success) return role.data
  throw new Refusal(
    `received the permission set '${quote(text)}', expected a name of 1 to 32 letters, digits or _ + = , . @ -, or role:NAME`,
  )
}

/** `undefined`: any. */
function wantsLinks(
  glob: string | undefined,
  violations: Violations | undefined,
): ((key: string) => boolean) | undefined {
  if (glob === undefined) return violations && ((key) => violations.has(key))
  const fits = matchesGlob(glob.startsWith(linkPrefix) ? glob : linkPrefix + glob)
  return (key) => fits(key) && (violations?.has(key) ?? true)
}

function parsePast(text: string, now: Date): Date {
  const instant = parseInstant(text)
  if (instant > now) throw new Refusal(`received the instant ${text}, which is in the future; expected a past one`)
  return instant
}

/** `ssofile who --applications`. Without the right to ask Identity Center, shows those of the last report. */
async function tellApplications(isLive: boolean, json: boolean, ports: Ports): Promise<number> {
  const last = await readApplications(ports.objects)
  const notes: string[] = []
  const ask = () => unlessRefused(findApplications(ports, last?.applications), 'not asked now', notes)
  const found = isLive ? await ask() : undefined
  const { applications, askedAt = 'no report yet' } = found
    ? { applications: found, askedAt: 'now' }
    : { applications: [], ...last }
  if (json) process.stdout.write(renderJson({ applications, askedAt, asked: askedApplications, notes }))
  else {
    const rows = applications.map((one) => [
      one.name,
      one.account,
      one.isEnabled ? 'enabled' : 'disabled',
      one.since.slice(0, 10),
      one.arn.split('/').at(-1) ?? '',
    ])
    const table = renderTable(['application', 'account', 'state', 'known since', 'id'], rows, terminalWidth())
    const counted = `${count(rows.length, 'application')} with the scope sso:account:access; asked: ${askedAt}\n${askedApplications}\n`
    await show(`${rows.length === 0 ? '' : `${table}\n`}${counted}${renderNotes(notes)}`)
  }
  if (applications.length > 0) return 0
  return found === undefined && last === undefined ? 2 : 1
}

type WhoOptions = {
  readonly user?: string | undefined
  readonly group?: string | undefined
  readonly account?: string | undefined
  readonly permissionSet?: string | undefined
  readonly json: boolean
}

/** `ssofile who --eligible`: lists the access that people may request. Answers the exit code. */
async function tellEligible(asked: WhoOptions, ports: Ports, configuration: Configuration): Promise<number> {
  const people = new People(patientIdentityStore(ports), ports.clock, configuration.principalSuffix)
  const { group, permissionSet } = asked
  const user = asked.user === undefined ? undefined : await findUser(asked.user, ports, configuration)
  const place = asked.account === undefined ? undefined : await findPlace(asked.account, ports, configuration)
  const files = new EligibilityFiles(ports)
  const { eligible, broken, unread } = await findEligible({ user, group, permissionSet, place }, { files, people })
  const notes = broken.map(
    (name) => `eligibility '${name}' cannot be used now: ssofile status eligibility/${name}.json`,
  )
  if (unread !== undefined)
    notes.push(`ssofile could not read the groups of the user, so eligibilities for groups are missing: ${unread}`)
  const named = { account: place?.account.id, permissionSet: parsePermissionSet(permissionSet) }
  const missing =
    eligible.length > 0
      ? undefined
      : ((await findMissing(named, ports, configuration)) ??
        (await findMissingSubject({ group }, ports, configuration)))
  if (missing !== undefined) notes.push(missing)
  if (asked.json) process.stdout.write(renderJson({ eligible, notes }))
  else await show(renderEligible(eligible, terminalWidth()) + renderNotes(notes))
  if (eligible.length > 0) return 0
  return missing !== undefined || unread !== undefined || broken.length > 0 ? 2 : 1
}

async function findUser(text: string, ports: Ports, { principalSuffix }: Configuration) {
  const name = principalName.safeParse(text.endsWith(principalSuffix) ? text : text + principalSuffix)
  const id = name.success ? await patientIdentityStore(ports).findPrincipalId('USER', name.data) : undefined
  if (!name.success || id === undefined) throw new Refusal(`there is no user '${text}' in the identity store`)
  return { id, name: name.data.slice(0, name.data.length - principalSuffix.length) }
}

async function findPlace(text: string, ports: Ports, configuration: Configuration) {
  const organization = new OrganizationCache(ports, configuration.folders)
  const view = await organization.view()
  const account = await organization.find(
    await parseAccount(text, ports, configuration.folders),
    view,
    async () => true,
  )
  if (account === undefined) throw new Refusal(`the organization has no account ${text}`)
  const selectors = await organization.selectors()
  return { account, membership: { ...configuration, selectors, managementAccountId: view.managementAccountId } }
}

function renderEligible(eligible: readonly Eligibility[], width: number | undefined): string {
  if (eligible.length === 0) return 'nothing: no eligibility matches\n'
  const rows = eligible.map((one) => [
    one.name,
    [...one.for.groups, ...one.for.users].join(', '),
    one.permissionSets.join(', '),
    one.scopes.map(renderScope).join(', '),
    renderDuration(one.longestMs),
    renderApprovals(one),
    one.needs.join(', '),
  ])
  const titles = ['eligibility', 'for', 'permission sets', 'scopes', 'longest', 'approvals', 'needs']
  return `${renderTable(titles, rows, width)}\n${count(rows.length, 'eligibility', 'eligibilities')}; to ask, run ssofile request LINK --for TIME\n`
}

function renderApprovals({ approvals, approvers: { groups, users, ownerTag }, approvedByItself }: Eligibility): string {
  const who = [...groups, ...users, ...(ownerTag === undefined ? [] : [`the account's tag ${ownerTag}`])].join(', ')
  const needed = approvals === 0 ? '' : `${approvals} of ${who}`
  const parts = [needed, approvedByItself === undefined ? '' : `none for some, or at times`]
  return parts.filter((part) => part !== '').join('; ')
}
