import { expect, test } from '@jest/globals'
import { deleteSuspension } from '../../../../handlers/cli/people/restore-person.ts'
import { World } from '../../../world.ts'

const ana = 'ana.ruiz@acme.example'
const suspension = `suspended/${ana}`

test.each(['is gone', 'ended at 2026-03-01T18:00:00Z'])(
  'restore-person refuses a person whose file under people/ %s: ssofile would suspend the person again',
  async (end) => {
    const { objects } = new World()
    await objects.put(suspension, JSON.stringify({ reason: `people/${ana}.json ${end}` }))
    await expect(deleteSuspension(objects, ana)).rejects.toThrow(
      `ssofile suspended this person because of people/${ana}.json, and would suspend the person again; nothing was changed`,
    )
    expect(await objects.head(suspension)).toBeDefined()
  },
)

test.each(['', '{ "reason": "left the company" }', '{ "reason": "see people/ for the dates" }', '{'])(
  'restore-person deletes a suspension that ssofile did not write: %j',
  async (body) => {
    const { objects } = new World()
    await objects.put(suspension, body)
    expect(await deleteSuspension(objects, ana)).toEqual({ key: suspension, outcome: 'deleted' })
    expect(await objects.head(suspension)).toBeUndefined()
  },
)
