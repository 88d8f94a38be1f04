import { expect, test } from '@jest/globals'
import { roleArn } from '../../../../../shared/domain/account-facts/break-glass-names.ts'
import { type EvaluatedPolicy, evaluatePolicy } from '../../../../../shared/domain/iam-policies/evaluate-policy.ts'
import { awsManagedPolicies } from '../../../../../shared/memory/iam/aws-managed-policies.ts'
import { renderRole } from '../../../../../shared/modules/break-glass/rules/render-role.ts'
import { functionNames } from '../../../../../shared/ports/deployment-settings.ts'
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

const page = readText('docs/break-glass.md')
const commands = commandsOf(page)

test("the runbooks know the roles of all of ssofile's functions and of its operators", () => {
  const [, names = ''] = /^ssofile_roles\(\) \{\n {2}printf 'ssofile-%s\\n' ([^}]*)\n\}$/m.exec(page) ?? []
  const known = names.split(/[\s\\]+/)
  expect(known.toSorted()).toEqual([...functionNames, 'operator'].sort())
})

test("a runbook that takes rights from ssofile's roles takes them from all, and there is a loop that gives them back", () => {
  const loops = [
    ...page.matchAll(/^for role in (.*); do\n {2}aws iam (\w+)-role-policy --role-name \$role .*\ndone$/gm),
  ]
  expect(loops.map(([, roles, operation]) => `${operation} ${roles}`)).toEqual([
    'attach $(ssofile_roles)',
    'detach $(ssofile_roles)',
    'attach $(ssofile_roles)',
    'detach $(ssofile_roles)',
  ])
  expect(page).not.toMatch(/--(role|function)-name ssofile-/)
})

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
