import { expect, test } from '@jest/globals'
import { startSettling } from '../../../infra/local/local-models.ts'
import { fillFromOrganizationFile } from '../../../shared/memory/fill-from-organization-file.ts'
import { MemoryIdentityStore } from '../../../shared/memory/identity-store/memory-identity-store.ts'
import { MemoryOrganizations } from '../../../shared/memory/organizations/memory-organizations.ts'
import { SeededRandomness } from '../../../shared/memory/seeded-randomness.ts'
import { MemorySsoAdmin } from '../../../shared/memory/sso-admin/memory-sso-admin.ts'
import { VirtualClock } from '../../virtual-clock.ts'
import { acme } from '../../world.ts'

test('an account that is being created joins by itself, though nobody asks', async () => {
  const clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  const common = { clock, randomness: new SeededRandomness(1) }
  const events: string[] = []
  const organizations = new MemoryOrganizations({
    ...common,
    onChange: ({ event }) => {
      events.push(event)
      settling.poke()
    },
  })
  const identityStore = new MemoryIdentityStore(common)
  const ssoAdmin = new MemorySsoAdmin({ ...common, organizations, identityStore })
  fillFromOrganizationFile(acme(), { organizations, identityStore, ssoAdmin })
  const settling = startSettling(organizations, clock)
  await clock.advance(5_000)
  await organizations.createAccount({ accountName: 'New', email: 'new@acme.example' })
  await clock.advance(999)
  expect(events).toEqual(['CreateAccount'])
  await clock.advance(1)
  expect(events).toEqual(['CreateAccount', 'CreateAccountResult', 'AccountJoinedOrganization'])
  await settling.stop()
})
