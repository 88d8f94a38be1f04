import { expect, test } from '@jest/globals'
import { findUndecided } from '../../../../handlers/cli/requests/decide-on-request.ts'
import { Asking } from '../../asking.ts'

test.each(['approve', 'deny'] as const)(
  '%s decides on the upload whose digest the user named, and on no other',
  async (decision) => {
    const asking = await Asking.begin({ longest: 'P30D' })
    const { world } = asking
    await asking.ask({ duration: 'PT1H' })
    const named = await asking.digest()
    const find = (text: string) => world.finish(findUndecided(world.ports, text, decision))
    expect(await find(named)).toMatchObject({ digest: named })
    // The next upload, which ssofile has not looked at yet: the named digest still finds the request.
    await world.objects.put(asking.key(), JSON.stringify({ duration: 'P30D', reason: 'everything' }))
    await expect(find(named.slice(0, 8))).rejects.toThrow('again in the meantime; nothing was decided')
    const present = await asking.digest()
    expect(present).not.toBe(named)
    expect(await find(present)).toMatchObject({ digest: present })
    expect(await find(asking.key())).toMatchObject({ digest: present })
  },
)
