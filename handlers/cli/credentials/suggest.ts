import type { Command } from 'commander'
import pLimit from 'p-limit'
import { openAwsAuditor } from '../../../shared/aws/aws-auditor.ts'
import type { Configuration } from '../../../shared/domain/deployment/configuration.ts'
import {
  listManagedPolicies,
  nameManagedPolicy,
  type PolicyText,
} from '../../../shared/domain/iam-policies/compare-permissions.ts'
import { noUsage, type SetUsage } from '../../../shared/domain/iam-policies/set-usage.ts'
import type { AccountId } from '../../../shared/domain/organization/account-id.ts'
import type { PermissionSetPolicies } from '../../../shared/domain/permission-sets/permission-set-changes.ts'
import { permissionSetKey } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { quote, renderComplaint } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { notConfigured } from '../../../shared/modules/access/role-uses.ts'
import { setUsageReport } from '../../../shared/modules/credentials/permission-reports.ts'
import { readHygieneFile } from '../../../shared/modules/credentials/read-hygiene-file.ts'
import { mergeAll, readUsages } from '../../../shared/modules/credentials/read-usages.ts'
import {
  type ActionVerdict,
  judgeManagedUse,
  type ManagedVerdict,
  type ReducedPolicy,
  reducePolicy,
  type UseOfSet,
} from '../../../shared/modules/credentials/rules/suggest-policy.ts'
import { ProposedObjects } from '../../../shared/modules/plan/proposed-objects.ts'
import type { Auditor } from '../../../shared/ports/auditor.ts'
import { listUnlessGone } from '../../../shared/ports/page.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import type { TellProgress } from '../../../shared/ports/progress.ts'
import { readGently } from '../../../shared/reconcile/calls/limited-sso-admin.ts'
import { ManagedPolicies } from '../../../shared/reconcile/calls/managed-policies.ts'
import { PermissionSetIndex } from '../../../shared/reconcile/directory/permission-set-index.ts'
import { readSetPolicies } from '../../../shared/reconcile/directory/read-set-policies.ts'
import { parseDays } from '../arguments/parse-days.ts'
import { parsePermissionSet } from '../arguments/parse-permission-set.ts'
import { Refusal } from '../arguments/refusal.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { findConfiguration } from '../bucket/deployment.ts'
import { readActionCatalog } from '../plan/read-action-catalog.ts'
import { type Mood, paint } from '../terminal/paint.ts'
import { Progress } from '../terminal/progress.ts'
import { renderJson } from '../terminal/render-json.ts'
import { show } from '../terminal/show.ts'
import {
  addTrailOptions,
  refuseTrailOptions,
  suggestFromCloudTrail,
  type TrailOptions,
} from './suggest-from-cloudtrail.ts'

const accountsAtOnce = 32

type Options = TrailOptions & {
  readonly live?: boolean
  readonly unusedFor?: number
  readonly config?: string
}

/** `ssofile suggest`: a permission set's policy without the actions that nobody uses. */
export function addSuggest(program: Command): void {
  const command = program
    .command('suggest')
    .argument('<permission-set>', 'its name')
    .description(
      'Proposes the policy of a permission set without the permissions that nobody used in any account, and says which managed policies could go (docs/less-privilege.md). It only reads.\nExit code 1: nothing is known to be unused, or the job of --from-cloudtrail failed or is not over; 2: there is no report, or AWS refused.',
    )
    .option('--live', 'ask IAM in each account now, with the auditorRole of the configuration')
    .option(
      '--unused-for <days>',
      'unused for this number of days, such as 180d; default: from hygiene.json, else 90d',
      parseDays,
    )
    .option('--config <file>', 'configuration file (JSON), if the bucket has no deployment')
    .option('--json', 'the verdict on each action and policy, and the policies, as JSON')
  addTrailOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  ssofile suggest Deploy-ps\n  ssofile suggest Deploy-ps --live --unused-for 180d\n  AWS_PROFILE=shop ssofile suggest Deploy-ps --from-cloudtrail --days 30 \\\n    --trail arn:aws:cloudtrail:eu-central-1:111122223333:trail/organization \\\n    --access-role arn:aws:iam::233000000002:role/service-role/ReadTrail',
    )
    .action(async (name: string, options: Options) => {
      process.exitCode = await suggest(name, options)
    })
}

async function suggest(text: string, options: Options): Promise<number> {
  const name = parsePermissionSet(text)
  if (options.fromCloudtrail) {
    if ((options.live ?? options.unusedFor ?? options.config) !== undefined)
      throw new Refusal(
        'received --from-cloudtrail with --live, --unused-for or --config, expected it without: it reads CloudTrail, and no configuration',
      )
    return suggestFromCloudTrail(name, options)
  }
  refuseTrailOptions(options)
  const bare = openCliPorts(bucketOf(undefined))
  const ports = { ...bare, auditor: openAwsAuditor(), objects: new ProposedObjects(bare.objects, bare.clock.now()) }
  const configuration = await findConfiguration(ports.objects, options.config)
  const progress = new Progress()
  const suggestion = await makeSuggestion(name, options, { ports, configuration, onStep: progress.tell }).finally(() =>
    progress.end(),
  )
  if (options.json) process.stdout.write(renderJson(suggestion))
  else await show(renderSuggestion(suggestion))
  const { inline, managed } = suggestion
  const isLess =
    inline?.actions.some(({ verdict }) => verdict !== 'stays') ||
    managed.some(({ verdict }) => verdict === 'goes' || verdict === 'could be narrowed')
  return isLess ? 0 : 1
}

type Context = {
  readonly ports: Ports & { readonly auditor: Auditor }
  readonly configuration: Configuration
  readonly onStep: TellProgress
}

async function makeSuggestion(name: PermissionSetName, options: Options, context: Context): Promise<Suggestion> {
  const { ports, configuration } = context
  const unusedDays = options.unusedFor ?? (await readStandard(ports))
  const ssoAdmin = readGently(ports)
  const index = new PermissionSetIndex({ ...ports, ssoAdmin })
  const arn = await index.resolve(name)
  if (arn === undefined)
    throw new Refusal(`Identity Center has no permission set '${name}'; ssofile who lists the permission sets in use`)
  const accounts = await listUnlessGone((token) =>
    ssoAdmin.listAccountsForProvisionedPermissionSet(arn, undefined, token),
  )
  const usage = options.live ? await readNow(name, accounts, context) : await readReport(name, ports)
  const resolve = (of: PermissionSetName) => index.resolve(of)
  const policies = await readSetPolicies(name, { ...ports, ssoAdmin, resolve })
  if (policies === undefined) throw new Refusal(`Identity Center has no permission set '${name}' now`)
  const use = { usage, days: unusedDays, catalog: await readActionCatalog() }
  const inline = policies.inlinePolicy === undefined ? undefined : reducePolicy(policies.inlinePolicy, use)
  const notUnderstood = policies.inlinePolicy !== undefined && inline === undefined
  const isChanged = accounts.length !== usage.accounts + usage.unread.length
  return {
    permissionSet: name,
    unusedDays,
    isLive: options.live === true,
    asOf: usage.asOf,
    accounts: usage.accounts,
    unread: usage.unread,
    inline,
    managed: await judgeManaged(policies, use, { accounts, ports, configuration }),
    notes: [
      ...(notUnderstood ? ['ssofile cannot analyze a part of the inline policy: read the policy yourself'] : []),
      ...(isChanged ? [`it is in ${accounts.length} accounts now; use --live to ask them`] : []),
    ],
  }
}

async function readStandard({ objects }: Ports): Promise<number> {
  const hygiene = await readHygieneFile(objects)
  if (!hygiene.ok) throw new Refusal(`${renderComplaint(hygiene.complaint)}; or say --unused-for 90d`)
  return hygiene.value.standards.unusedDays
}

async function readReport(name: PermissionSetName, { objects }: Ports): Promise<SetUsage> {
  const report = await setUsageReport(objects, name).read()
  if (report !== undefined) return report.value
  throw new Refusal(
    `there is no report of '${name}' yet (reports/permissions/${name}.json): ssofile writes it once a month if the configuration has an auditorRole; --live asks IAM now`,
  )
}

async function readNow(
  name: PermissionSetName,
  accounts: readonly AccountId[],
  { ports, configuration: { auditorRole }, onStep }: Context,
): Promise<SetUsage> {
  if (auditorRole === '') throw new Refusal(`received --live, but ${notConfigured}; docs/audit.md says what it needs`)
  let done = 0
  const read = await pLimit(accountsAtOnce).map(accounts, async (account) => {
    const usages = await readUsages(ports, account, { auditorRole, only: name })
    onStep('asking IAM about use', { done: ++done, of: accounts.length })
    return [...usages]
  })
  return mergeAll(read.flat()).get(name) ?? noUsage
}

async function judgeManaged(
  policies: PermissionSetPolicies,
  use: UseOfSet,
  {
    accounts,
    ports,
    configuration: { auditorRole },
  }: Pick<Context, 'ports' | 'configuration'> & { readonly accounts: readonly AccountId[] },
): Promise<readonly ManagedVerdict[]> {
  const wanted = listManagedPolicies(policies)
  const texts: ReadonlyMap<string, PolicyText> =
    auditorRole === '' ? new Map() : await new ManagedPolicies(ports, auditorRole).read(wanted, accounts)
  return wanted.map(nameManagedPolicy).map((name) => {
    const text = texts.get(name) ?? { why: notConfigured }
    return 'why' in text ? { name, verdict: 'not read', why: text.why } : judgeManagedUse(name, text.document, use)
  })
}

/** The removable parts of a permission set, and the remaining policy. `isLive`: IAM was asked now, instead of the monthly report. */
export type Suggestion = {
  readonly permissionSet: PermissionSetName
  readonly unusedDays: number
  readonly isLive: boolean
  readonly asOf: string | undefined
  readonly accounts: number
  readonly unread: SetUsage['unread']
  /** Absent: there is no inline policy, or ssofile does not understand it. */
  readonly inline?: ReducedPolicy | undefined
  readonly managed: readonly ManagedVerdict[]
  readonly notes: readonly string[]
}

const moods: Readonly<Record<ActionVerdict['verdict'] | ManagedVerdict['verdict'], Mood>> = {
  goes: 'bad',
  narrowed: 'pending',
  'could be narrowed': 'pending',
  stays: 'plain',
  'not read': 'pending',
}

/** The removable parts with the reason, the remaining policy, then the next steps for the user. */
export function renderSuggestion(suggestion: Suggestion): string {
  const { inline, managed } = suggestion
  const parts = [
    renderHead(suggestion),
    renderUnread(suggestion),
    ...suggestion.notes.map((note) => `${paint('pending', 'note')}  ${quote(note, 500)}\n`),
    inline === undefined ? '' : `\nInline policy\n${inline.actions.map(renderAction).join('')}`,
    managed.length === 0 ? '' : `\nManaged policies\n${managed.map(renderManaged).join('')}`,
    renderRemainder(suggestion),
  ]
  return parts.join('')
}

function renderHead({ permissionSet, unusedDays, isLive, asOf, accounts }: Suggestion): string {
  const source = isLive ? 'IAM, asked now' : 'the report of the month (--live asks now)'
  if (asOf === undefined)
    return `${quote(permissionSet)}: ssofile could not read its role in any account, so its use is unknown\n`
  return `${quote(permissionSet)}: what nobody used for ${unusedDays} days in ${count(accounts, 'account')}, as of ${asOf.slice(0, 10)}, by ${source}\n`
}

function renderUnread({ unread }: Suggestion): string {
  const [first] = unread
  if (first === undefined) return ''
  return `${paint('bad', 'not read')}: ${count(unread.length, 'account')}, such as ${first.account} (${quote(first.why, 300)}). Its use there is unknown, so it may need permissions that this policy removes\n`
}

function renderAction({ action, verdict, why, to = [] }: ActionVerdict): string {
  const left = verdict === 'narrowed' ? `; ${count(to.length, 'action')} take its place` : ''
  return `  ${renderVerdict(verdict)}  ${quote(action, 200)}: ${quote(why, 500)}${left}\n`
}

function renderManaged({ name, verdict, why, standIn }: ManagedVerdict): string {
  const head = `  ${renderVerdict(verdict)}  ${quote(name, 300)}: ${quote(why, 500)}\n`
  return standIn === undefined
    ? head
    : `${head}    an inline policy that could stand in:\n${indent(renderPolicy(standIn), 6)}`
}

const renderVerdict = (verdict: keyof typeof moods): string =>
  paint(moods[verdict], verdict) + ' '.repeat('could be narrowed'.length - verdict.length)

function renderRemainder(suggestion: Suggestion): string {
  const { permissionSet, inline, managed } = suggestion
  const isLess = inline?.actions.some(({ verdict }) => verdict !== 'stays') === true
  const others = managed.some(({ verdict }) => verdict === 'goes' || verdict === 'could be narrowed')
  if (!isLess && !others)
    return isComplete(suggestion)
      ? '\nNothing is known to be unused: the permission set can stay as it is.\n'
      : '\nNothing is known to be unused, but ssofile could not read everything: solve the problems above, then run this again.\n'
  const policy = !isLess
    ? ''
    : inline?.document === undefined
      ? '\nNo inline policy would remain.\n'
      : `\nThe inline policy that would remain:\n${renderPolicy(inline.document)}`
  const key = permissionSetKey(permissionSet)
  return `${policy}\nNothing was changed. To use it, put it into ${key} (inlinePolicyDocument, managedPoliciesArnList), and run ssofile plan --check-access before the push.\n`
}

const isComplete = ({ asOf, unread, notes, managed }: Suggestion): boolean =>
  asOf !== undefined && unread.length + notes.length === 0 && managed.every(({ verdict }) => verdict !== 'not read')

const renderPolicy = (document: string): string => renderJson(JSON.parse(document))
const indent = (text: string, spaces: number): string => text.replaceAll(/^(?=.)/gm, ' '.repeat(spaces))
