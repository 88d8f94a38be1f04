import { describe, expect, test } from '@jest/globals'
import { type AssignmentKey, assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { type LedgerEntry, ledgerEntry } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { RecordChangedError } from '../../../../shared/reconcile/records/json-record.ts'
import { Ledger, listAccountsOf, listAssignmentKeys } from '../../../../shared/reconcile/records/ledger.ts'
import { PrincipalNames } from '../../../../shared/reconcile/records/principal-names.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const id = principalId.parse('11111111-2222-3333-4444-555555555555')
const other = principalId.parse('99999999-2222-3333-4444-555555555555')
const keyOf = (account: string, rest = `Billing-ps%${id}%GROUP`): AssignmentKey =>
  assignmentKey.parse(`account%${account}%${rest}`)
const key = keyOf('233000000002')
const entry = ledgerEntry.parse({
  v: 1,
  state: 'granted',
  principal: 'team-Web',
  principalId: id,
  permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef',
  links: [],
  attempts: 0,
  updatedAt: '2026-03-03T10:00:00.000Z',
})

function open() {
  const world = new World()
  const known: [AssignmentKey, LedgerEntry | undefined][] = []
  const ledger = new Ledger(world.objects, (one, now) => known.push([one, now]))
  return { world, ledger, known }
}

describe('an entry of the ledger', () => {
  test('is read as it was written, is gone when it was removed, and whoever wants to know is told of each', async () => {
    const { ledger, known } = open()
    expect(await ledger.read(key)).toBeUndefined()
    const written = await ledger.write(key, entry, undefined)
    expect(await ledger.read(key)).toEqual(written)
    await ledger.remove(written)
    expect(await ledger.read(key)).toBeUndefined()
    expect(known).toEqual([
      [key, undefined],
      [key, entry],
      [key, entry],
      [key, undefined],
      [key, undefined],
    ])
  })

  test('that someone else has made, changed or removed meanwhile is not written, nor removed', async () => {
    const { world, ledger, known } = open()
    const first = await ledger.write(key, entry, undefined)
    const told = known.length
    await expect(ledger.write(key, entry, undefined)).rejects.toThrow(RecordChangedError)
    await new Ledger(world.objects).write(key, { ...entry, attempts: 1 }, first)
    const failure = {
      name: 'RecordChangedError',
      message: expect.stringContaining(`assignments/${key} changed during its evaluation`),
    }
    await expect(ledger.write(key, entry, first)).rejects.toMatchObject(failure)
    await expect(ledger.remove(first)).rejects.toMatchObject(failure)
    expect((await ledger.read(key))?.entry.attempts).toBe(1)
    expect(known).toHaveLength(told + 1)
  })

  test('that is changed while it is read is not told as it was', async () => {
    const world = new World()
    const known: (number | undefined)[] = []
    let during: (() => Promise<unknown>) | undefined
    const { objects } = intercept(world.ports, async ({ operation, proceed }) => {
      const answer = await proceed()
      if (operation === 'get') await during?.()
      return answer
    })
    const ledger = new Ledger(objects, (_, now) => known.push(now?.attempts))
    let stored = await ledger.write(key, entry, undefined)
    for (let attempts = 1; attempts <= 2; attempts++) {
      during = async () => {
        during = undefined
        stored = await ledger.write(key, { ...entry, attempts }, stored)
      }
      await ledger.read(key)
    }
    expect(known).toEqual([0, 1, 2])
    await ledger.read(key)
    expect(known).toEqual([0, 1, 2, 2])
  })
})

test('the keys of the ledger are listed in order, from a beginning on; what is no key is passed over', async () => {
  const { world, ledger } = open()
  const keys = [keyOf('233000000001'), key, keyOf('233000000002', `Other%${id}%USER`)]
  for (const one of keys.toReversed()) await ledger.write(one, entry, undefined)
  await world.objects.put('assignments/note.txt', '')
  const list = (beginning?: string) => Array.fromAsync(listAssignmentKeys(world.objects, 'assignments/', beginning))
  expect(await list()).toEqual(keys)
  expect(await list('account%233000000002%Other')).toEqual(keys.slice(2))
})

test('the accounts of a grant are those in which whoever has, or had, its name has an entry', async () => {
  const { world, ledger } = open()
  for (const one of [
    keyOf('233000000001'),
    key,
    keyOf('233000000003', `Billing-ps%${other}%GROUP`),
    keyOf('233000000004', `Billing-ps%${id}%USER`),
    keyOf('233000000005', `Other-ps%${id}%GROUP`),
  ])
    await ledger.write(one, entry, undefined)
  const names = new PrincipalNames(world.objects)
  const web = principalName.parse('team-Web')
  await names.note({ type: 'GROUP', id, name: web })
  await world.clock.advance(1_000)
  await names.note({ type: 'GROUP', id, name: principalName.parse('team-Net') })
  await names.note({ type: 'GROUP', id: other, name: principalName.parse('others') })
  const grant = {
    permissionSet: permissionSetName.parse('Billing-ps'),
    principal: web,
    type: 'GROUP' as const,
  }
  expect(await listAccountsOf(world.objects, grant)).toEqual(['233000000001', '233000000002'])
})
