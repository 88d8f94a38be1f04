import { afterAll, beforeAll, expect, test } from '@jest/globals'
import * as z from 'zod'
import { operatorRole } from '../../infra/local/add-roles-of-people.ts'
import { readText } from '../house/source-files.ts'
import { fetchCredentials } from './fetch-credentials.ts'
import { LocalSystem } from './local-system.ts'
import { until } from './until.ts'

const [account, set, priya] = ['233000000002', 'Billing-ps', 'priya.raman@acme.example']
const link = `links_data/account%${account}%${set}%team-Accountants%GROUP%ssofile`
const watch = { contact: 'security', watch: [{ permissionSets: ['Billing-*'], uses: ['any'] }] }
const seen = z.object({ outcomes: z.array(z.object({ detail: z.looseObject({ event: z.string() }) })) })

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start()
  await system.upload('permission_sets/Billing-ps.json', readText('fixtures/acme/permission_sets/Billing-ps.json'))
  await system.upload('policies/uses.json', JSON.stringify(watch), 'governance')
  await system.upload(link)
  await system.untilStatus(link, 'applied')
})
afterAll(() => system.stop())

const json = async (...command: readonly string[]) =>
  JSON.parse((await system.ssofile([...command, '--json'], 'auditor')).stdout)

test('a use by the AWS CLI is seen within a minute, by person and through the group, and told by a policy', async () => {
  await fetchCredentials(system, { user: priya, account, set })
  const beganMs = Date.now()
  const used = await until('the use', async () => {
    const { uses } = await json('who', '--used', '--since', '1h').catch(() => ({ uses: [] }))
    return uses.length > 0 ? uses : undefined
  })
  expect(Date.now() - beganMs).toBeLessThan(60_000)
  expect(used).toEqual([expect.objectContaining({ person: priya, account, permissionSet: set, by: 'cli', hours90: 1 })])
  const { rows } = await json('who', '--account', account, '--permission-set', set)
  expect(rows.filter(({ own }: { own?: { last?: object } }) => own?.last)).toEqual([
    expect.objectContaining({
      person: priya,
      group: 'team-Accountants',
      own: expect.objectContaining({ last: expect.anything() }),
    }),
  ])
  const explained = await system.ssofile(['explain', account, set, priya], 'auditor')
  expect(explained.stdout).toMatch(/^ {2}used {6}(just now|\d+ minutes? ago) from the CLI \(/m)
  await until('the notification', async () => {
    const { outcomes } = seen.parse(await (await fetch(`${system.url}/_ssofile/notifications`)).json())
    return outcomes.find(({ detail }) => detail.event === 'use-watched')?.detail
  })
})

test('a use in an additional Region arrives too, and operators learn only that uses are not known', async () => {
  await fetchCredentials(system, { user: 'zoë.müller@acme.example', account, set, region: 'eu-central-1' })
  await until('the use', async () => {
    const { uses } = await json('who', '--used', '--user', 'zoë.müller@acme.example').catch(() => ({ uses: [] }))
    return uses.length > 0
  })
  const refused = await system.ssofile(['who', '--used'], 'operator')
  expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('only auditors may read usage/') })
  const shown = await system.ssofile(['who', '--account', account, '--permission-set', set, '--json'], 'operator')
  expect(JSON.parse(shown.stdout).rows).toHaveLength(2)
  expect(shown.stdout).not.toContain('"last"')
  const explained = await system.ssofile(['explain', account, set, priya], operatorRole)
  expect(explained).toMatchObject({ exitCode: 0, stdout: expect.not.stringMatching(/^ {2}used /m) })
})

test('an application that may act for its users is listed as soon as it has the scope', async () => {
  const [{ InstanceArn }] = JSON.parse(await system.cli(['sso-admin', 'list-instances', '--query', 'Instances']))
  const provider = 'arn:aws:sso::aws:applicationProvider/custom'
  const create = [
    'sso-admin',
    'create-application',
    '--instance-arn',
    InstanceArn,
    '--application-provider-arn',
    provider,
  ]
  const { ApplicationArn } = JSON.parse(await system.cli([...create, '--name', 'Data portal']))
  const put = ['sso-admin', 'put-application-access-scope', '--application-arn', ApplicationArn]
  expect((await json('who', '--applications').catch(() => ({ applications: [] }))).applications).toEqual([])
  await system.cli([...put, '--scope', 'sso:account:access'])
  expect((await json('who', '--applications')).applications).toMatchObject([
    { arn: ApplicationArn, name: 'Data portal' },
  ])
})
