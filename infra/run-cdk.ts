import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Refusal } from '../handlers/cli/arguments/refusal.ts'
import { type Environment, partitionOf } from '../shared/domain/deployment/environment.ts'
import { adviceAfterFailure } from './advice-after-failure.ts'
import { readEnvironment } from './read-environment.ts'
import { listTemplatePolicies } from './template-policies.ts'
import { validatePolicies } from './validate-policies.ts'

/**
 * `npm run synth -- --environment NAME`, `npm run deploy -- … [--stack NAME] [--yes]`, `npm run destroy -- …`: the CDK CLI for one environment.
 * A deployment shows the changes and asks first; with `--check` it ends there.
 */
const root = fileURLToPath(new URL('../', import.meta.url))
const output = `${root}cdk.out/`

/** A stack of another account needs that account's credentials: so deploy it without the stacks that it depends on. */
const thisStack = ['--exclusively', '--no-notices']

/** Each deployment is another run; a mere synthesis is always the same. */
const context = process.argv[2] === 'deploy' ? ['--context', `run=${new Date().toISOString()}`] : []

function cdk(environment: string, args: readonly string[]): number {
  const { status } = spawnSync(process.execPath, [`${root}node_modules/aws-cdk/bin/cdk`, ...args, ...context], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, SSOFILE_ENVIRONMENT: environment },
  })
  return status ?? 1
}

type Deploying = { readonly isAgreed: boolean; readonly isCheck: boolean }

/** Validates policies if the caller may, then makes the change sets, then asks the user. */
async function deploy(environment: string, stack: string, { isAgreed, isCheck }: Deploying): Promise<number> {
  const synthesized = cdk(environment, ['synth', '--quiet', '--no-notices'])
  if (synthesized !== 0) return synthesized
  if (!(await arePoliciesValid(await readEnvironment(environment)))) return 1
  const shown = cdk(environment, ['diff', stack, ...thisStack])
  if (shown !== 0) return shown
  // CloudFormation checks the templates against the present stacks; this changes nothing.
  const prepared = cdk(environment, [
    'deploy',
    stack,
    '--method',
    'prepare-change-set',
    '--require-approval',
    'never',
    ...thisStack,
  ])
  if (prepared !== 0) return prepared
  if (isCheck) {
    process.stdout.write('nothing was deployed: you can review the change sets in CloudFormation\n')
    return 0
  }
  if (!isAgreed && !(await isConfirmed('Deploy these changes?'))) {
    process.stdout.write('nothing was deployed\n')
    return 1
  }
  // The user agreed above, for all stacks and all changes.
  const deployed = cdk(environment, ['deploy', stack, '--require-approval', 'never', ...thisStack])
  if (deployed !== 0) process.stderr.write(`${adviceAfterFailure(await readEnvironment(environment))}\n`)
  return deployed
}

async function arePoliciesValid({ account, region }: Environment): Promise<boolean> {
  const partition = partitionOf(region)
  const files = readdirSync(output).filter((file) => file.endsWith('.template.json'))
  const policies = files.flatMap((file) =>
    listTemplatePolicies(readFileSync(`${output}${file}`, 'utf8'), { partition, account, region }),
  )
  const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com'
  const at = process.env.AWS_ENDPOINT_URL_ACCESSANALYZER ?? `https://access-analyzer.${region}.${suffix}`
  const validation = await validatePolicies(policies, { url: new URL(at), as: { region } })
  if ('refused' in validation) {
    process.stdout.write(`policies were not validated: ${validation.refused}\n`)
    return true
  }
  for (const { of, told } of validation.findings) process.stdout.write(`policy of ${of}: ${told}\n`)
  const grave = validation.findings.filter(({ isGrave }) => isGrave).length
  process.stdout.write(`${policies.length} policies validated by IAM Access Analyzer, ${grave} with errors\n`)
  return grave === 0
}

async function isConfirmed(question: string): Promise<boolean> {
  using terminal = createInterface({ input: process.stdin, output: process.stdout })
  return /^y(es)?$/i.test(await terminal.question(`${question} [y/N] `))
}

async function run(): Promise<number> {
  const [command = '', ...rest] = process.argv.slice(2)
  const options = {
    environment: { type: 'string' },
    stack: { type: 'string' },
    yes: { type: 'boolean' },
    check: { type: 'boolean' },
  } as const
  const { environment, stack = '*', yes = false, check = false } = parseArgs({ args: rest, options }).values
  if (environment === undefined)
    throw new Refusal(
      `expected --environment NAME, a file infra/environments/NAME.json; such as: npm run ${command} -- --environment production`,
    )
  // All mistakes at once, before the CDK starts.
  await readEnvironment(environment)
  switch (command) {
    case 'synth':
      return cdk(environment, ['synth', '--quiet', '--no-notices', '--no-lookups'])
    case 'deploy':
      return deploy(environment, stack, { isAgreed: yes, isCheck: check })
    case 'destroy':
      return cdk(environment, ['destroy', stack, ...thisStack])
    default:
      throw new Refusal(`received '${command}', expected synth, deploy or destroy`)
  }
}

try {
  process.exitCode = await run()
} catch (error) {
  if (!(error instanceof Refusal) && !(error instanceof TypeError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
