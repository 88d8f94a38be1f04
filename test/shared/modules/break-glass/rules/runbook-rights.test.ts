import { expect, test } from '@jest/globals'
import { roleArn } from '../../../../../shared/domain/account-facts/break-glass-names.ts'
import { type EvaluatedPolicy, evaluatePolicy } from '../../../../../shared/domain/iam-policies/evaluate-policy.ts'
import { awsManagedPolicies } from '../../../../../shared/memory/iam/aws-managed-policies.ts'
import { renderRole } from '../../../../../shared/modules/break-glass/rules/render-role.ts'
import { readText } from '../../../../house/source-files.ts'
import { example, playbookOf } from './definitions.ts'

type Command = { readonly playbook: string; readonly command: string }

/** Every `aws …` between `come_in` and `go_out`, with the playbook that it is run as. */
function commandsOf(page: string): readonly Command[] {
  const found: Command[] = []
  let playbook: string | undefined
  for (const line of [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => block.split('\n'))) {
    const [, entered] = /^come_in \S+ ([a-z-]+)$/.exec(line) ?? []
    if (entered !== undefined) playbook = entered
    if (line === 'go_out') playbook = undefined
    if (playbook !== undefined && /^ *aws /.test(line)) found.push({ playbook, command: line.trim() })
  }
  return found
}

const services: Readonly<Record<string, string>> = { 'sso-admin': 'sso', s3api: 's3' }
const operations: Readonly<Record<string, string>> = { ListObjectVersions: 'ListBucketVersions' }

/** As policies name it: `aws sso-admin list-instances` is `sso:ListInstances`. */
function actionOf(command: string): string {
  const [, service = '', operation = ''] = command.split(' ')
  const pascal = operation.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())
  return `${services[service] ?? service}:${operations[pascal] ?? pascal}`
}

const commands = commandsOf(readText('docs/break-glass.md'))

test('the runbooks have commands to run in a role', () => {
  expect(commands.length).toBeGreaterThan(20)
})

test.each(commands.filter(({ command }) => !command.includes('get-caller-identity')))(
  '$playbook may run: $command',
  ({ playbook, command }) => {
    const { inline, managedPolicies } = renderRole(example, playbookOf(example, playbook))
    const managed = managedPolicies.flatMap((arn): EvaluatedPolicy[] => {
      const { document } = awsManagedPolicies.get(arn) ?? {}
      return document === undefined ? [] : [JSON.parse(document)]
    })
    const policies: readonly EvaluatedPolicy[] = [...Object.values(inline), ...managed]
    const [, policy] = /--policy-arn (\S+)/.exec(command) ?? []
    const context: Readonly<Record<string, string>> = policy === undefined ? {} : { 'iam:PolicyARN': policy }
    const request = {
      principal: roleArn('233000000001', playbook),
      action: actionOf(command),
      resource: 'arn:aws:any:::thing',
      context,
    }
    expect(evaluatePolicy({ Statement: policies.flatMap(({ Statement }) => Statement) }, request)).toBe('allowed')
  },
)
