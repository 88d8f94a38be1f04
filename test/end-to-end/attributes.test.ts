import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DescribeInstanceAccessControlAttributeConfigurationCommand } from '@aws-sdk/client-sso-admin'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { attributesKey } from '../../shared/domain/attributes/attributes-file.ts'
import { LocalSystem } from './local-system.ts'
import { until } from './until.ts'

const path = (name: string) => `$\{path:enterprise.${name}}`
const department = { Key: 'Department', Value: { Source: [path('department')] } }
const costCenter = { Key: 'CostCenter', Value: { Source: [path('costCenter')] } }
const byTeam = {
  permissionSetName: 'Team-ps',
  inlinePolicyDocument: {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'ec2:StartInstances',
        Resource: '*',
        Condition: { StringEquals: { 'ec2:ResourceTag/Department': `$\{aws:principaltag/department}` } },
      },
    ],
  },
}

let system: LocalSystem
let folder: string
beforeAll(async () => {
  system = await LocalSystem.start()
  folder = await mkdtemp(join(tmpdir(), 'ssofile-attributes-'))
  await system.upload('permission_sets/Team-ps.json', JSON.stringify(byTeam))
  await system.untilStatus('permission_sets/Team-ps.json', 'applied')
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

const render = (...rows: readonly object[]) => JSON.stringify({ AccessControlAttributes: rows })

/** As Identity Center describes them. */
async function configured(): Promise<readonly string[]> {
  const InstanceArn = await system.access.instanceArn()
  const asked = new DescribeInstanceAccessControlAttributeConfigurationCommand({ InstanceArn })
  const { InstanceAccessControlAttributeConfiguration: found } = await system.ssoAdmin.send(asked)
  return (found?.AccessControlAttributes ?? []).flatMap(({ Key }) => Key ?? [])
}

test('only governance writes the file; plan tells which permission sets name an attribute, and the instance follows', async () => {
  const denied = await system.tryCli(['s3', 'cp', 'package.json', `s3://ssofile/${attributesKey}`], { as: 'maria' })
  expect(denied.stderr).toContain(`use the access key id 'governance' for ${attributesKey}`)
  await writeFile(join(folder, attributesKey), render(department, costCenter))
  const planned = await system.ssofile(['plan', folder, '--only', 'governance'])
  expect(planned.stdout).toContain('2 attributes to change')
  expect(planned.stdout).toContain(
    `+ attribute: add 'Department' from '${path('department')}' (aws:PrincipalTag/Department, used by Team-ps)`,
  )
  const pushed = await system.ssofile(['push', folder, '--only', 'governance', '--yes'], 'governance')
  expect(pushed).toMatchObject({ exitCode: 0 })
  await system.untilStatus(attributesKey, 'applied')
  expect(await configured()).toEqual(['CostCenter', 'Department'])
})

test('what is taken away is held until an operator releases exactly that', async () => {
  await writeFile(join(folder, attributesKey), render(costCenter))
  const planned = await system.ssofile(['plan', folder, '--only', 'governance'])
  expect(planned.stdout).toContain(`remove 'Department', which now comes from '${path('department')}'`)
  expect(planned.stdout).toContain('it waits until a person releases it (ssofile brake)')
  await system.upload(attributesKey, render(costCenter), 'governance')
  const { remedy } = await system.untilStatus(attributesKey, 'held')
  expect(await configured()).toEqual(['CostCenter', 'Department'])
  const shown = await system.ssofile(['brake'])
  expect(shown.stdout).toContain('1 change of an attribute held')
  expect(shown.stdout).toContain(`remove 'Department', which now comes from '${path('department')}'`)
  const [, digest = ''] = /--release ([0-9a-f]+)/.exec(remedy ?? '') ?? []
  const released = await system.ssofile(['brake', '--release', digest], 'operator')
  expect(released.stdout).toContain('released 1 change of an attribute for one hour')
  await system.untilStatus(attributesKey, 'applied')
  expect(await configured()).toEqual(['CostCenter'])
  const changes = await system.keys('changes/')
  expect(changes.flatMap((key) => /%(attribute-.*)$/.exec(key)?.[1] ?? []).toSorted()).toEqual([
    'attribute-added%CostCenter',
    'attribute-added%Department',
    'attribute-removed%Department',
  ])
})

test('a file that is not valid says why, and deleting the file changes nothing in Identity Center', async () => {
  await system.upload(attributesKey, render({ ...department, Value: { Source: ['a', 'b'] } }), 'governance')
  const { reason } = await system.untilStatus(attributesKey, 'rejected')
  expect(reason).toContain('exactly one source')
  await system.remove(attributesKey, 'governance')
  await system.untilGone(attributesKey)
  await until('given up', async () => ((await system.keys('owned_attributes/')).length === 0 ? true : undefined))
  expect(await configured()).toEqual(['CostCenter'])
})
