import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { api } from '../../handlers/api/api.ts'
import { validateInputs } from '../../handlers/cli/folder/validate-inputs.ts'
import { previewChanges } from '../../shared/modules/plan/preview.ts'
import { ProposedObjects } from '../../shared/modules/plan/proposed-objects.ts'
import { Policies } from '../../shared/reconcile/records/policies.ts'
import { runsOf } from '../depth.ts'
import { acme, World } from '../world.ts'

const caller = 'arn:aws:sts::111122223333:assumed-role/team-a/maria'
const globOf = (...all: readonly string[]) => fc.array(fc.constantFrom(...all), { maxLength: 2 })
const parts = {
  permissionSets: globOf('*', 'Billing-ps', 'B*', 'ReadOnly-ps'),
  principals: globOf('*', 'team-*', 'team-Accountants', 'zoe'),
  types: fc.subarray(['GROUP', 'USER']),
  scopes: globOf('*', 'account%*', 'root%all', '*233*'),
  folders: globOf('', 'team-?', '*'),
}
const maybe = { requiredKeys: [] }
/** A demand that not everybody can judge before the upload: validate knows neither uploader nor accounts. */
const laterParts = {
  uploaders: globOf('*', `*${caller}`, 'nobody'),
  accounts: globOf('*', '233*', '2*'),
  accountsNever: globOf('233*', '9*'),
  accountsMost: fc.constantFrom(0, 1, 50),
}
const rule = fc.record({
  control: fc.constant('AC-2'),
  mode: fc.constantFrom('warn', 'enforce'),
  for: fc.record(parts, maybe),
  must: fc
    .record(
      {
        ...parts,
        expireWithinHours: fc.constantFrom(1, 24),
        ticket: fc.constantFrom('CHG#', '*', 'INC##'),
        reason: fc.constant(true),
        scopesNever: globOf('root%*', 'ou_id%*'),
        ...laterParts,
      },
      maybe,
    )
    .filter((must) => Object.keys(must).length > 0),
})
const policy = fc
  .oneof(
    { weight: 8, arbitrary: fc.array(rule, { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )
  .map((links) =>
    links ? JSON.stringify({ contact: 'Ann', links: links.map((one, id) => ({ id: `r${id}`, ...one })) }) : '{',
  )
const link = fc.record({
  folder: fc.constantFrom('', 'team-a/'),
  scope: fc.constantFrom('root%all', 'account%233000000002'),
  principal: fc.constantFrom('team-Accountants%GROUP', 'team-DataScientists%GROUP'),
})
const details = fc.record(
  {
    expiresAt: fc.constantFrom('2026-03-03T11:00:00Z', '2026-03-05T10:00:00Z'),
    ticket: fc.constantFrom('CHG1', 'INC12'),
    reason: fc.constantFrom('', 'the audit'),
  },
  maybe,
)

const open = async (policies: string): Promise<World> => {
  const permissionSets = [{ permissionSetName: 'Billing-ps' as never }]
  const organization = { ...acme(), assignments: [], permissionSets }
  const world = new World({ organization, configuration: { folders: ['team-a'] } })
  await world.objects.put('policies/a.json', policies)
  return world
}

test('validate, plan, the API and whoever applies a link come to one verdict, in the same words', async () => {
  const seen = { refused: 0, accepted: 0, later: 0 }
  await fc.assert(
    fc.asyncProperty(policy, link, details, async (policies, { folder, scope, principal }, said) => {
      const name = `${folder}${scope}%Billing-ps%${principal}%ssofile`
      const key = `links_data/${name}`
      const text = Object.keys(said).length === 0 ? '' : `${JSON.stringify(said, undefined, 2)}\n`
      const body = new TextEncoder().encode(text)

      const world = await open(policies)
      const now = world.clock.now()
      const { folders } = world.configuration
      const file = { key, sizeBytes: body.length, read: async () => body }
      const guardrails = await new Policies(world.ports).read()
      const validated = await validateInputs([file], { folders, now, guardrails })
      const faults = validated.errors.map(({ received, expected, remedy }) => ({ received, expected, remedy }))

      const changes = { uploads: [{ key, body, over: undefined }], deletions: [] }
      const objects = new ProposedObjects(world.objects, now, changes)
      const looking = previewChanges({ ...world.ports, objects }, world.configuration, { looksMost: 0 })
      const preview = await world.finish(looking)
      const planned = preview.idleLinks.find((one) => one.key === key)

      const answer = await world.finish(
        api(
          world.ports,
          world.configuration,
        )({
          routeKey: 'POST /links',
          rawPath: '/links',
          headers: { 'content-type': 'application/json' },
          isBase64Encoded: false,
          body: JSON.stringify({ action: 'create', linkData: name, linkDetails: text === '' ? undefined : said }),
          requestContext: { requestId: 'r', http: { sourceIp: '192.0.2.1' }, authorizer: { iam: { userArn: caller } } },
        }),
      )
      const errors: object[] = JSON.parse(answer.body).errors ?? []

      const other = (await open(policies)).start({ dispatcher: false })
      await other.objects.as(caller).put(key, text)
      await other.look()
      await other.finish(other.slice())
      const status = await other.json(`status/${key}.json`)

      const isRefused = status?.state === 'rejected'
      const asks = (...fields: readonly string[]) => fields.some((field) => policies.includes(`"${field}"`))
      const [asksUploader, asksAccounts] = [asks('uploaders'), asks('accounts', 'accountsNever', 'accountsMost')]
      seen[isRefused ? 'refused' : 'accepted']++
      if (asksUploader || asksAccounts) seen.later++
      expect(status?.state).toBe(isRefused ? 'rejected' : 'applied')
      expect((await other.keys('assignments/')).length > 0).toBe(!isRefused)
      // Each judges by what it knows. What it refuses is refused, and what it cannot judge it says.
      const saysLater = validated.warnings.some(({ warning }) => warning.startsWith('rules about accounts'))
      if (!(asksUploader || asksAccounts) || !saysLater) expect(faults.length > 0).toBe(isRefused)
      if (faults.length > 0) expect(isRefused).toBe(true)
      if (!asksAccounts) expect(answer.statusCode).toBe(isRefused ? 400 : 202)
      if (answer.statusCode === 400) expect(isRefused).toBe(true)
      expect(errors).toEqual(expect.arrayContaining(faults.map((fault) => ({ key, ...fault }))))
      if (preview.rulesLater.length === 0) expect(planned !== undefined).toBe(isRefused)
      if (planned) expect(isRefused).toBe(true)
      if (asksUploader || asksAccounts) return
      expect(errors).toEqual(faults.map((fault) => ({ key, ...fault })))
      expect(planned?.reason).toBe(isRefused ? status?.reason : undefined)
      expect(planned?.remedy).toBe(isRefused ? status?.remedy : undefined)
    }),
    // Always the same, so that each kind of verdict is among so few.
    { numRuns: runsOf(15), seed: 5 },
  )
  expect(Math.min(seen.refused, seen.accepted, seen.later)).toBeGreaterThan(0)
}, 60_000)
