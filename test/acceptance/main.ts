import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Refusal } from '../../handlers/cli/arguments/refusal.ts'
import { readEnvironment } from '../../infra/read-environment.ts'
import { organizationRegionOf } from '../../shared/domain/deployment/environment.ts'
import { runAcceptance, type Step, type StepResult } from './acceptance.ts'
import { AcceptanceContext, type AcceptanceOptions } from './acceptance-context.ts'
import type { FactsFile } from './facts.ts'
import { brake } from './step-of-brake.ts'
import { redrive } from './step-of-redrive.ts'
import { stepsOfAccess } from './steps-of-access.ts'
import { rawEvents, ringing, upgrade } from './steps-of-deployment.ts'
import { stepsOfEvents } from './steps-of-events.ts'
import { stepsOfIdentityCenter } from './steps-of-identity-center.ts'
import { stepsOfS3 } from './steps-of-s3.ts'

/**
 * `npm run acceptance -- --environment NAME --account SANDBOX --group GROUP`: the proof that the models are right, against a deployment
 * of its own on AWS; or against whatever AWS_ENDPOINT_URL answers for, such as the local system. docs/acceptance.md.
 */
const steps: readonly Step<AcceptanceContext>[] = [
  ...stepsOfAccess,
  ...stepsOfS3,
  ...stepsOfIdentityCenter,
  ...stepsOfEvents,
  redrive,
  upgrade,
  ringing,
  rawEvents,
  // The brake counts deletions for a quarter of an hour: whatever was to be deleted after a flood would be held, too.
  { name: 'what was made is removed', run: async (context) => context.cleanUp().then(() => ({})) },
  brake,
]
/** Who somebody is on the local system. */
const localPeople = {
  uploader: 'maria',
  auditor: 'auditor',
  operator: 'operator',
  administrator: 'management',
  management: 'management',
}

async function readOptions(): Promise<AcceptanceOptions & { readonly file: string; readonly only: string }> {
  const { values } = parseArgs({
    options: {
      environment: { type: 'string' },
      account: { type: 'string' },
      group: { type: 'string' },
      as: { type: 'string', multiple: true },
      facts: { type: 'string', default: 'acceptance-facts.json' },
      'may-make-groups': { type: 'boolean', default: false },
      'may-move-account': { type: 'boolean', default: false },
      'deploy-last': { type: 'string' },
      'deploy-present': { type: 'string' },
      only: { type: 'string', default: '' },
      'patience-seconds': { type: 'string', default: '300' },
    },
  })
  const { environment, account, group, as = [], facts: file } = values
  const endpoint = process.env.AWS_ENDPOINT_URL
  if (account === undefined || group === undefined || (environment === undefined && endpoint === undefined))
    throw new Refusal(
      'expected --environment NAME --account SANDBOX --group GROUP, with an account in which that group may have access for some minutes; against another endpoint than AWS (AWS_ENDPOINT_URL) no environment',
    )
  const of = environment === undefined ? undefined : await readEnvironment(environment)
  const bucket = of?.bucket.name ?? process.env.SSOFILE_BUCKET ?? 'ssofile'
  const region = of?.region ?? process.env.AWS_REGION ?? 'us-east-1'
  const named = Object.fromEntries(as.map((one) => one.split('=') as [string, string]))
  return {
    ...{ bucket, account, group, endpoint, file, only: values.only, deployment: of?.name ?? 'ssofile' },
    people: endpoint === undefined ? named : { ...localPeople, ...named },
    mayMakeGroups: values['may-make-groups'] || endpoint !== undefined,
    mayMoveAccount: values['may-move-account'] || endpoint !== undefined,
    ...{ region, organizationRegion: organizationRegionOf(region) },
    deploys: { last: values['deploy-last'], present: values['deploy-present'] },
    patienceMs: Number(values['patience-seconds']) * 1_000,
  }
}

function tell({ step, outcome, reason, seconds, facts }: StepResult): void {
  const words = { passed: 'ok  ', failed: 'FAIL', skipped: '–   ' } as const
  process.stdout.write(`${words[outcome]} ${step}  ${seconds} s${reason === undefined ? '' : `: ${reason}`}\n`)
  for (const [name, value] of Object.entries(facts)) process.stdout.write(`       ${name}: ${String(value)}\n`)
}

async function main(): Promise<number> {
  const { file, only, ...options } = await readOptions()
  const context = new AcceptanceContext(options, `acc-${Date.now().toString(36)}`)
  const monotonicMs = () => performance.now()
  const chosen = steps.filter(({ name }) => name.includes(only))
  const results = await runAcceptance({
    context,
    steps: chosen,
    cleanUp: () => context.cleanUp(),
    onResult: tell,
    monotonicMs,
  })
  const facts: FactsFile['facts'] = Object.assign({}, ...results.map((one) => one.facts))
  const told: FactsFile = {
    v: 1,
    of: options.endpoint ?? 'AWS',
    at: new Date().toISOString(),
    facts,
    steps: results.map(({ facts: _, ...one }) => one),
  }
  writeFileSync(file, `${JSON.stringify(told, undefined, 2)}\n`)
  const count = (outcome: StepResult['outcome']) => results.filter((one) => one.outcome === outcome).length
  process.stdout.write(
    `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped; ${Object.keys(facts).length} facts in ${file}\n`,
  )
  return count('failed') === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof Refusal) && !(error instanceof TypeError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
