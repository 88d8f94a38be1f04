import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Refusal } from '../../handlers/cli/arguments/refusal.ts'
import { readBreakGlass } from '../../handlers/cli/break-glass/read-break-glass.ts'
import { readServiceControl } from '../../handlers/cli/break-glass/read-service-control.ts'
import { renderFinding } from '../../handlers/cli/operations/render-finding.ts'
import type { BreakGlass } from '../../shared/domain/files/break-glass-file.ts'
import { judgeServiceControl } from '../../shared/modules/break-glass/rules/judge-service-control.ts'
import { renderExemption, renderProtection } from '../../shared/modules/break-glass/rules/service-control.ts'

/**
 * `npm run break-glass -- synth | deploy | scps --file infra/break-glass/NAME.json`: renders break-glass, offline; deploys it with the
 * user's credentials; or lists the service control policies that would block it.
 */
const root = fileURLToPath(new URL('../../', import.meta.url))
const output = join(root, 'cdk.out')
const usage =
  'npm run break-glass -- synth --file infra/break-glass/NAME.json, deploy --file … [--stack NAME] [--yes], or scps --file … POLICY.json …'

function cdk(file: string, args: readonly string[]): number {
  const app = 'node_modules/.bin/node infra/break-glass/break-glass-app.ts'
  const { status } = spawnSync(process.execPath, [`${root}node_modules/aws-cdk/bin/cdk`, '--app', app, ...args], {
    cwd: root,
    stdio: 'inherit',
    // `CfnInclude` reads the deprecated property `principal` of event bus policies: without this the CDK prints a warning about it.
    env: { ...process.env, BREAK_GLASS_FILE: resolve(file), JSII_DEPRECATED: 'quiet' },
  })
  return status ?? 1
}

async function synthesize(path: string, file: BreakGlass): Promise<number> {
  const directory = join(output, `break-glass-${file.name}`)
  const status = cdk(path, ['synth', '--quiet', '--no-notices', '--no-lookups', '--output', directory])
  if (status !== 0) return status
  await mkdir(directory, { recursive: true })
  const texts = { 'scp-exemption.json': renderExemption(file), 'scp-protection.json': renderProtection(file) }
  for (const [name, text] of Object.entries(texts))
    await writeFile(join(directory, name), `${JSON.stringify(text, undefined, 2)}\n`)
  process.stdout.write(
    `${directory}: the templates; scp-exemption.json, to add to denials by role; scp-protection.json, to attach to the root\n`,
  )
  return 0
}

function deploy(path: string, stack: string | undefined, isAgreed: boolean): number {
  const approval = isAgreed ? 'never' : 'any-change'
  // A named stack is deployed alone: those before it are in the other account.
  const chosen = stack === undefined ? ['*'] : [stack, '--exclusively']
  const status = cdk(path, ['deploy', ...chosen, '--require-approval', approval, '--no-notices'])
  if (status === 0)
    process.stdout.write(
      'CloudFormation has no resource for the rules of passwords. In the security account, once:\n  aws iam update-account-password-policy --minimum-password-length 24 --require-symbols --require-numbers --require-uppercase-characters --require-lowercase-characters --allow-users-to-change-password --password-reuse-prevention 24\nEach alarm address confirms one mail for each Region. Then: ssofile break-glass check\n',
    )
  return status
}

async function judge(file: BreakGlass, paths: readonly string[]): Promise<number> {
  if (paths.length === 0) throw new Refusal(`expected the files of service control policies: ${usage}`)
  const found = judgeServiceControl(file, await readServiceControl(paths))
  process.stdout.write(found.map(renderFinding).join(''))
  return found.every(({ level }) => level === 'ok') ? 0 : 1
}

async function run(): Promise<number> {
  const [command = '', ...rest] = process.argv.slice(2)
  const options = { file: { type: 'string' }, stack: { type: 'string' }, yes: { type: 'boolean' } } as const
  const { values, positionals } = parseArgs({ args: rest, options, allowPositionals: true })
  const { file: path, stack, yes = false } = values
  if (path === undefined) throw new Refusal(`expected --file: ${usage}`)
  const file = await readBreakGlass(path)
  switch (command) {
    case 'synth':
      return synthesize(path, file)
    case 'deploy':
      return deploy(path, stack, yes)
    case 'scps':
      return judge(file, positionals)
    default:
      throw new Refusal(`received '${command}', expected synth, deploy or scps: ${usage}`)
  }
}

try {
  process.exitCode = await run()
} catch (error) {
  if (!(error instanceof Refusal) && !(error instanceof TypeError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
