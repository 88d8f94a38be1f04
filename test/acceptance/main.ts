import { writeFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import * as z from 'zod'
import { Refusal } from '../../handlers/cli/arguments/refusal.ts'
import { bucketPolicy } from '../../infra/bucket-policy.ts'
import { deploymentNames } from '../../infra/deployment-names.ts'
import { localBucketPolicy } from '../../infra/local/s3/local-bucket-policy.ts'
import { readEnvironment } from '../../infra/read-environment.ts'
import { organizationRegionOf } from '../../shared/domain/deployment/environment.ts'
import { exitCodeOf, runAcceptance, type StepResult } from './acceptance.ts'
import { AcceptanceContext, type AcceptanceOptions, kindsOfPeople } from './acceptance-context.ts'
import { denialsOf } from './denied-attempts.ts'
import type { Facts, FactsFile } from './facts.ts'
import { localPeople } from './local-people.ts'
import { steps } from './steps.ts'

/**
 * `npm run acceptance -- --environment NAME --account SANDBOX --group GROUP`: the proof that the models are right, against a deployment
 * of its own on AWS; or against whatever AWS_ENDPOINT_URL answers for, such as the local system. docs/acceptance.md.
 */
const command = new Command('npm run acceptance --')
  .description(
    `Tries a deployment on AWS, and measures what the models say about AWS: docs/acceptance.md.
Everything it makes has a name that begins with acc-, and is removed at the end, or at Ctrl-C.
With AWS_ENDPOINT_URL it tries that endpoint, such as the local system (npm start), and needs no environment.`,
  )
  .option('--environment <name>', 'a deployment of its own: the name of its file in infra/environments/')
  .option(
    '--account <id...>',
    'an account for the test; others after it take part in the step of many requests at a time',
  )
  .option('--group <name>', 'a group whose members may have access in that account for some minutes')
  .option('--as <kind=profile...>', 'an AWS profile for each kind of person; on an endpoint an access key id')
  .option('--may-make-groups', 'groups and users may be made in the directory: no identity provider writes it')
  .option('--may-move-account', 'the account may move into a new organizational unit within its own for a minute')
  .option('--api <url>', "where the API is: the stack's output ApiUrl")
  .option('--page <url>', "where the page is: the stack's output PageUrl")
  .option('--break-glass <file>', 'the definition of break-glass that is deployed')
  .option('--entitled-role <arn>', 'a role that account access manager may give to a group of nobody')
  .option('--deploy-last <command>', 'deploys the last release over this one')
  .option('--deploy-present <command>', 'deploys this one again')
  .option('--only <text...>', 'only the steps whose names have one of these texts; without it, all')
  .option('--without <text...>', 'not the steps whose names have one of these texts')
  .option('--facts <file>', 'where the facts go', 'acceptance-facts.json')
  .addOption(new Option('--patience-seconds <n>', 'how long one thing may take').argParser(Number).default(300, '300'))
  .addHelpText(
    'after',
    `\nKinds of people:\n${Object.entries(kindsOfPeople)
      .map(([kind, does]) => `  ${kind.padEnd(26)} ${does}`)
      .join('\n')}`,
  )
  .addHelpText('after', () => `\nSteps:\n${steps.map(({ name }) => `  ${name}`).join('\n')}\n`)
  .addHelpText(
    'after',
    'Exit code 0: every chosen step passed; 1: a step failed, or a signal came; 2: wrong usage; 3: nothing failed, and something was not checked.',
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))

/** `KIND=PROFILE`. */
const person = z.string().transform((text, context) => {
  const at = text.indexOf('=')
  const kind = z.enum(Object.keys(kindsOfPeople)).safeParse(text.slice(0, at))
  if (kind.success) return [kind.data, text.slice(at + 1)] as const
  context.addIssue(`received --as ${text}, expected KIND=PROFILE; kinds: ${Object.keys(kindsOfPeople).join(', ')}`)
  return z.NEVER
})

const given = z.object({
  environment: z.string().optional(),
  account: z.array(z.string()).min(1),
  group: z.string(),
  as: z.array(person).default([]),
  mayMakeGroups: z.boolean().default(false),
  mayMoveAccount: z.boolean().default(false),
  api: z.string().optional(),
  page: z.string().optional(),
  breakGlass: z.string().optional(),
  entitledRole: z.string().optional(),
  deployLast: z.string().optional(),
  deployPresent: z.string().optional(),
  only: z.array(z.string()).default(['']),
  without: z.array(z.string()).default([]),
  facts: z.string(),
  patienceSeconds: z.number().positive(),
})

async function readOptions(): Promise<
  Omit<AcceptanceOptions, 'signal'> & { readonly file: string; readonly chosen: typeof steps }
> {
  const read = given.safeParse(command.parse().opts())
  const endpoint = process.env.AWS_ENDPOINT_URL
  const wrongPeople = read.error?.issues.find(({ path: [option] }) => option === 'as')
  if (wrongPeople) throw new Refusal(wrongPeople.message)
  if (!read.success || (read.data.environment === undefined && endpoint === undefined))
    throw new Refusal(
      'expected --environment NAME --account SANDBOX --group GROUP, with an account in which that group may have access for some minutes; against another endpoint than AWS (AWS_ENDPOINT_URL) no environment',
    )
  const {
    environment,
    account: [account = '', ...moreAccounts],
    group,
    only,
    without,
    facts: file,
  } = read.data
  const isNamed = (texts: readonly string[]) => (step: (typeof steps)[number]) =>
    texts.some((text) => step.name.includes(text))
  const chosen = steps.filter(isNamed(only)).filter((step) => !isNamed(without)(step))
  if (chosen.length === 0) throw new Refusal(`no step has '${only.join("' or '")}' in its name; --help lists them all`)
  const of = environment === undefined ? undefined : await readEnvironment(environment)
  const bucket = of?.bucket.name ?? process.env.SSOFILE_BUCKET ?? 'ssofile'
  const region = of?.region ?? process.env.AWS_REGION ?? 'us-east-1'
  const named = Object.fromEntries(read.data.as)
  const membershipFolder = of?.access.memberships[0]?.folder ?? ''
  return {
    membershipFolder,
    api: read.data.api ?? (endpoint === undefined ? undefined : `${endpoint}/api`),
    page: read.data.page,
    breakGlass: read.data.breakGlass,
    entitledRole: read.data.entitledRole,
    ...{ bucket, account, moreAccounts, group, endpoint, file, chosen, deployment: of?.name ?? 'ssofile' },
    people: endpoint === undefined ? named : { ...localPeople, ...named },
    mayMakeGroups: read.data.mayMakeGroups || endpoint !== undefined,
    mayMoveAccount: read.data.mayMoveAccount || endpoint !== undefined,
    ...{ region, organizationRegion: organizationRegionOf(region) },
    denials: denialsOf(of === undefined ? localBucketPolicy() : bucketPolicy(of, deploymentNames(of))),
    deploys: { last: read.data.deployLast, present: read.data.deployPresent },
    patienceMs: read.data.patienceSeconds * 1_000,
  }
}

function tell({ step, outcome, reason, statuses = [], seconds }: StepResult): void {
  const words = { passed: 'ok  ', failed: 'FAIL', skipped: '–   ' } as const
  const skipped = outcome === 'skipped' ? 'skipped: ' : ''
  process.stdout.write(
    `${words[outcome]} ${step}  ${seconds} s${reason === undefined ? '' : `: ${skipped}${reason}`}\n`,
  )
  for (const status of statuses) process.stdout.write(`       ${status}\n`)
}

/** SIGINT or SIGTERM: undoes everything. A second one ends at once, and names what stays. */
function listenForSignals(context: AcceptanceContext, controller: AbortController): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (controller.signal.aborted) {
        process.stderr.write(`${name} came again; left behind, to be removed by hand: ${context.left.join('; ')}\n`)
        process.exit(1)
      }
      process.stderr.write(`${name} came: this step ends, and everything is undone; a second signal ends at once\n`)
      controller.abort(`${name} came`)
    })
}

async function main(): Promise<number> {
  const { file, chosen, ...options } = await readOptions()
  const controller = new AbortController()
  const { signal } = controller
  const context = new AcceptanceContext({ ...options, signal }, `acc-${Date.now().toString(36)}`)
  listenForSignals(context, controller)
  const facts: Record<string, Facts[string]> = {}
  const results: StepResult[] = []
  const write = () => {
    const told: FactsFile = {
      v: 1,
      of: options.endpoint ?? 'AWS',
      at: new Date().toISOString(),
      facts,
      steps: results.map(({ facts: _, statuses, ...one }) => ({
        ...one,
        ...(statuses ? { statuses: [...statuses] } : {}),
      })),
    }
    writeFileSync(file, `${JSON.stringify(told, undefined, 2)}\n`)
  }
  await runAcceptance({
    context,
    steps: chosen,
    onFacts: (more) => {
      for (const [name, value] of Object.entries(more)) process.stdout.write(`       ${name}: ${String(value)}\n`)
      Object.assign(facts, more)
      write()
    },
    onResult: (result) => {
      tell(result)
      results.push(result)
      write()
    },
    signal,
    monotonicMs: () => performance.now(),
  })
  const count = (outcome: StepResult['outcome']) => results.filter((one) => one.outcome === outcome).length
  process.stdout.write(
    `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped; ${Object.keys(facts).length} facts in ${file}\n`,
  )
  const notChosen = steps.length - chosen.length
  if (count('skipped') + notChosen > 0)
    process.stdout.write(`not everything was checked: ${count('skipped')} skipped, ${notChosen} not chosen\n`)
  return exitCodeOf(results, signal)
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
