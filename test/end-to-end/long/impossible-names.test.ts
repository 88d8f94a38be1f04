import { GetGroupIdCommand } from '@aws-sdk/client-identitystore'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { smallOrganization } from '../small-organization.ts'

/** What AWS takes in no name of a group or of a user. */
const hidden = [
  ['a space of no width', 'on\u200bcall'],
  ['a soft hyphen', 'on\u00adcall'],
  ['a mark that turns the text around', 'on\u202ecall'],
  ['a joined emoji', 'on👩\u200d💻call'],
] as const

/** Each kind of file that names a group or a user, and who writes it. */
const filesOf = (name: string) =>
  [
    [`groups/${name}.json`, 'governance', '{}'],
    [`rules/${name}.json`, 'governance', '{ "department": ["Engineering"] }'],
    [`memberships/${name}%maria%ssofile`, 'maria', ''],
    [`memberships/developers%${name}%ssofile`, 'maria', ''],
    [`suspended/${name}`, 'hr', ''],
    [`people/${name}.json`, 'hr', '{ "displayName": "A B", "givenName": "A", "familyName": "B" }'],
    [`links_data/account%200000000001%ReadOnly-ps%${name}%GROUP%ssofile`, 'maria', ''],
    [`links_data/account%200000000001%ReadOnly-ps%${name}%USER%ssofile`, 'maria', ''],
  ] as const

let system: LocalSystem
beforeAll(async () => {
  const organization = smallOrganization({ groups: ['developers'], users: ['maria'] })
  system = await LocalSystem.start({ organization, configuration: { directory: 'identity-center' } })
})
afterAll(() => system.stop(), 60_000)

describe.each(hidden)('a name with %s', (_, name) => {
  test('is refused by the directory', async () => {
    const UniqueAttribute = { AttributePath: 'displayName', AttributeValue: name }
    const IdentityStoreId = await system.access.identityStoreId()
    const asked = new GetGroupIdCommand({ IdentityStoreId, AlternateIdentifier: { UniqueAttribute } })
    await expect(system.identityStore.send(asked)).rejects.toMatchObject({ name: 'ValidationException' })
  })

  test('is rejected at once in every kind of file, with the letter in sight, and is gone with the file', async () => {
    const files = filesOf(name)
    for (const [key, as, body] of files) await system.upload(key, body, as)
    const keys = files.map(([key]) => key)
    await system.untilStatuses(keys, 'rejected')
    for (const key of keys) {
      const { reason = '', remedy = '' } = (await system.status(key)) ?? {}
      expect([key, `${reason} ${remedy}`]).toEqual([key, expect.stringMatching(/\\u\{(200b|ad|202e|200d)\}/)])
    }
    for (const [key, as] of files) await system.remove(key, as)
    await system.untilGone(...keys)
    for (const queue of ['requests', 'links'] as const) expect(await system.waitingIn(`${queue}-dead`)).toBe(0)
  })
})
