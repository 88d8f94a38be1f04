import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Refusal } from '../handlers/cli/refusal.ts'
import { adviceAfterFailure } from './advice-after-failure.ts'
import { readEnvironment } from './read-environment.ts'

/**
 * `npm run synth`, `npm run deploy -- --environment NAME [--stack NAME] [--yes]`, `npm run destroy -- …`: the CDK CLI for one
 * environment. A deployment shows what would change and asks first.
 */
const root = fileURLToPath(new URL('../', import.meta.url))
const fixtures = fileURLToPath(new URL('../fixtures/environments/', import.meta.url))

function cdk(environment: string, args: readonly string[]): number {
  const { status } = spawnSync(process.execPath, [`${root}node_modules/aws-cdk/bin/cdk`, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, SSOFILE_ENVIRONMENT: environment },
  })
  return status ?? 1
}

/** Every kind of deployment, offline, with its bundles: what would be deployed can be made. */
function synthesizeAll(): number {
  const files = readdirSync(fixtures).map((file) => `${fixtures}${file}`)
  const failed = ['example', ...files].filter((environment) => {
    process.stdout.write(`synth ${environment.replace(root, '')}\n`)
    return cdk(environment, ['synth', '--quiet', '--no-notices', '--no-lookups']) !== 0
  })
  return failed.length === 0 ? 0 : 1
}

async function deploy(environment: string, stack: string, isAgreed: boolean): Promise<number> {
  const shown = cdk(environment, ['diff', stack, '--no-notices'])
  if (shown !== 0) return shown
  if (!isAgreed && !(await isConfirmed('Deploy these changes?'))) {
    process.stdout.write('nothing was deployed\n')
    return 1
  }
  // Asked above, for all stacks and all changes.
  const deployed = cdk(environment, ['deploy', stack, '--require-approval', 'never', '--no-notices'])
  if (deployed !== 0) process.stderr.write(`${adviceAfterFailure(await readEnvironment(environment))}\n`)
  return deployed
}

async function isConfirmed(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(es)?$/i.test(await terminal.question(`${question} [y/N] `))
  } finally {
    terminal.close()
  }
}

async function run(): Promise<number> {
  const [command = '', ...rest] = process.argv.slice(2)
  const options = { environment: { type: 'string' }, stack: { type: 'string' }, yes: { type: 'boolean' } } as const
  const { environment, stack = '*', yes = false } = parseArgs({ args: rest, options }).values
  if (command === 'synth' && environment === undefined) return synthesizeAll()
  if (environment === undefined)
    throw new Refusal(
      `expected --environment NAME, a file infra/environments/NAME.json; such as: npm run ${command} -- --environment production`,
    )
  // All mistakes at once, before the CDK starts.
  await readEnvironment(environment)
  switch (command) {
    case 'synth':
      return cdk(environment, ['synth', '--quiet', '--no-notices'])
    case 'deploy':
      return deploy(environment, stack, yes)
    case 'destroy':
      return cdk(environment, ['destroy', stack, '--no-notices'])
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
