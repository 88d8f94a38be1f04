import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Command } from 'commander'
import { allInputs, compareInputs } from '../../../handlers/cli/folder/compare-inputs.ts'
import { listFolder } from '../../../handlers/cli/folder/folder-inputs.ts'
import { comparePull } from '../../../handlers/cli/folder/pull.ts'
import { pushChanges } from '../../../handlers/cli/folder/push-changes.ts'
import { addValidate } from '../../../handlers/cli/folder/validate.ts'
import { renderJsonSchemas } from '../../../handlers/cli/schemas/json-schemas.ts'
import { withTableOfKinds } from '../../../handlers/cli/schemas/table-of-kinds.ts'
import { toInput } from '../../../handlers/cli/status/input-key.ts'
import { readAllStatuses } from '../../../handlers/cli/status/read-all-statuses.ts'
import { selectStatuses } from '../../../handlers/cli/status/select-statuses.ts'
import { listUntold } from '../../../handlers/cli/status/untold-inputs.ts'
import { bucketOwnerFiles } from '../../../infra/bucket-owner-files.ts'
import { deploymentNames } from '../../../infra/deployment-names.ts'
import { permissionsOf } from '../../../infra/function-permissions.ts'
import { functionPolicy } from '../../../infra/function-policy.ts'
import { checkMayWrite } from '../../../infra/local/s3/permissions.ts'
import { peoplePolicies } from '../../../infra/people-policies.ts'
import { environment } from '../../../shared/domain/deployment/environment.ts'
import { register } from '../../../shared/modules/modules.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { by } from '../../../shared/reconcile/inputs/module.ts'
import { queueOfInput, toOutgoing } from '../../../shared/reconcile/records/inputs.ts'
import { statusKey } from '../../../shared/reconcile/records/status-store.ts'
import { example, exampleDocument } from '../../infra/environments.ts'
import { Grouping, kenji } from '../../shared/modules/people/grouping.ts'
import { describeGuarantees } from '../../shared/reconcile/inputs/guarantees.ts'
import type { Sample } from '../../shared/reconcile/inputs/sample.ts'
import {
  apply,
  deleteAll,
  first,
  giveAccessByGroup,
  giveGroup,
  nth,
  withoutGroup,
} from '../../shared/reconcile/inputs/samples.ts'
import { recordsOfTests } from '../../within-rights.ts'
import { visitController } from './visit-controller.ts'
import { ownedVisits, visitKind } from './visit-file.ts'

/** This kind is in no product: what it is, only this folder says. */
const withdraw: (() => void)[] = []
beforeAll(() => {
  withdraw.push(register(visitKind, by(visitController)))
  recordsOfTests.add(ownedVisits.at)
  withdraw.push(() => void recordsOfTests.delete(ownedVisits.at))
})
afterAll(() => {
  for (const one of withdraw) one()
})

const visitOf = (user: string) => `visits/${user}.json`
const visit = visitOf(kenji)
const body = { group: 'oncall' }
const sample: Sample = {
  key: () => visit,
  body,
  prepare: giveGroup,
  state: 'applied',
  isDone: (grouping) => grouping.groupsOf().includes('oncall'),
  takes: {
    give: async (grouping, count) => {
      await giveAccessByGroup(grouping)
      await apply(grouping, first(count).map(visitOf), body)
    },
    take: (grouping, count) => deleteAll(grouping, first(count).map(visitOf)),
    taken: (grouping, count) => withoutGroup(grouping, first(count)),
    told: (_, which) => visitOf(nth(which)),
  },
}

describe('a kind that one call registers', () => describeGuarantees(visitKind, sample))

describe('a visit', () => {
  async function begin(): Promise<Grouping> {
    const grouping = new Grouping()
    await giveGroup(grouping)
    await grouping.put(visit, body)
    await grouping.until(visit, 'applied')
    return grouping
  }

  test('moves with its file, which history has, and waits for a group that is not there', async () => {
    const grouping = await begin()
    await grouping.put(visit, { group: 'visitors' })
    await grouping.until(visit, 'waiting')
    expect(grouping.groupsOf()).toContain('oncall')
    await grouping.put('groups/visitors.json')
    await grouping.until('groups/visitors.json', 'applied')
    await grouping.world.clock.advance(60_000)
    await grouping.world.finish(grouping.world.everyMinuteOfLinks())
    await grouping.until(visit, 'applied')
    expect(grouping.groupsOf()).toEqual(expect.not.arrayContaining(['oncall']))
    expect(grouping.groupsOf()).toContain('visitors')
    const told = (await grouping.world.keys(`history/visits/${kenji}/`)).map(
      (key) => /%([a-z-]+)\.json$/.exec(key)?.[1],
    )
    expect(told.toSorted()).toEqual(['began', 'began', 'ended'])
  })

  test('of which no message came is looked at by the sweep', async () => {
    const grouping = await begin()
    await grouping.delete(statusKey(visit))
    await grouping.world.finish(grouping.world.everyFiveMinutes())
    await grouping.until(visit, 'applied')
  })

  test('that AWS does not let ssofile look at has a status that says so', async () => {
    const grouping = new Grouping()
    await giveGroup(grouping)
    grouping.answer = async ({ operation, proceed }) => {
      if (operation === 'findPrincipalId') throw new ServiceError('identitystore', 'AccessDeniedException', 'no')
      return proceed()
    }
    await grouping.put(visit, body)
    await grouping.until(visit, 'applying')
    expect(await grouping.status(visit)).toMatchObject({ reason: expect.stringContaining('AccessDenied') })
  })

  test('is shown by status, which knows when it is not looked at yet', async () => {
    const { world } = await begin()
    const read = await readAllStatuses(world.ports)
    expect(selectStatuses(read.statuses, {}).map(({ input }) => input)).toContain(visit)
    expect(await listUntold(world.ports, read)).toEqual([])
    await world.objects.put(visit, JSON.stringify({ group: 'visitors' }))
    expect(await listUntold(world.ports, read)).toEqual([visit])
    expect(toInput(visit)).toBe(visit)
  })

  test('has a queue that takes access away at once, and a group for each uploader', () => {
    const message = { v: 1, id: 'x', key: visit, event: 'ObjectCreated:Put' } as const
    expect(queueOfInput(message)).toBe('people')
    expect(queueOfInput({ ...message, event: 'ObjectRemoved:Delete' })).toBe('urgent')
    const groupOf = (principalId: string) =>
      toOutgoing({ ...message, by: { principalId, at: '2026-03-03T10:00:00Z' } }, { folders: [] }).groupId
    expect(groupOf('AWS:ada')).not.toBe(groupOf('AWS:hr'))
  })
})

/** What `ssofile validate --json` prints. */
async function validate(folder: string): Promise<unknown> {
  const { write } = process.stdout
  const { exitCode } = process
  const printed: string[] = []
  process.stdout.write = (text) => printed.push(String(text)) > 0
  try {
    const program = new Command()
    addValidate(program)
    await program.parseAsync(['validate', folder, '--json'], { from: 'user' })
  } finally {
    process.stdout.write = write
    process.exitCode = exitCode
  }
  return JSON.parse(printed.join(''))
}

describe('derived from the row of a kind', () => {
  const hr = 'arn:aws:iam::444455556666:role/hr'
  const deployment = environment.parse({
    ...exampleDocument,
    access: { ...example.access, people: [hr] },
  })
  const names = deploymentNames(deployment)

  test('S3 notifies of it', () => {
    expect(bucketOwnerFiles(deployment, names)['notifications.json']).toContain('"visits/"')
  })

  test('the policy of the bucket lets its writers write, and nobody else, and a refusal says who', () => {
    checkMayWrite({ accessKeyId: 'hr', person: undefined }, 'PutObject', visit)
    expect(() => checkMayWrite({ accessKeyId: 'operator', person: undefined }, 'PutObject', visit)).toThrow(
      "use the access key id 'hr' for visits/",
    )
  })

  test('the policy of its writers has it', () => {
    expect(JSON.stringify(peoplePolicies(deployment, names).people)).toContain('/visits/*')
  })

  test('the function that handles it may read it and keep its records, and a plan may read both', () => {
    const policy = JSON.stringify(
      functionPolicy('requests', { environment: deployment, names, keyArns: [], logGroupArn: 'x' }),
    )
    for (const place of ['visits/*', 'owned_visits/*', 'history/visits/*']) expect(policy).toContain(`/${place}"`)
    expect(permissionsOf('planner').read).toEqual(expect.arrayContaining(['owned_visits/', 'visits/']))
  })

  test('its JSON Schema and its row in docs/statuses.md are written', async () => {
    expect(renderJsonSchemas().get('visit.schema.json')).toContain('the name of a group')
    const page = await readFile(new URL('../../../docs/statuses.md', import.meta.url), 'utf8')
    expect(withTableOfKinds(page)).toContain('| `visits/` | HR | who is a guest of a group |\n')
  })

  test('a folder with it is validated, pushed and pulled', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'visits-'))
    try {
      await mkdir(join(folder, 'visits'))
      await writeFile(join(folder, visit), '{"group": 1}')
      expect(await validate(folder)).toMatchObject({
        valid: false,
        errors: [{ key: visit, expected: 'the name of a group' }],
      })
      await writeFile(join(folder, visit), JSON.stringify(body))
      expect(await validate(folder)).toMatchObject({ valid: true })
      const { world } = new Grouping()
      const changes = await compareInputs(world.objects, (await listFolder(folder)).files)
      expect(await pushChanges(world.ports, changes)).toMatchObject({ uploaded: 1, failed: [] })
      expect(await world.keys('visits/')).toEqual([visit])
      const empty = { list: async () => ({ files: [], faults: [] }), write: async () => {}, remove: async () => {} }
      const pulled = await comparePull(world.objects, empty, allInputs())
      expect(JSON.stringify(pulled)).toContain(visit)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
