import { expect, test } from '@jest/globals'
import { permissionSetName } from '../../shared/domain/permission-sets/permission-set-name.ts'
import { acme, World } from '../world.ts'

const group = 'links_data/account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
const user = 'links_data/account%233000000002%Billing-ps%maria.alvarez@acme.example%USER%ssofile'

test.each([true, false])(
  'links for a group and for a user give and take access (older AD sync: %s)',
  async (hasOlderAdSync) => {
    const world = new World({
      hasOlderAdSync,
      organization: {
        ...acme(),
        assignments: [],
        permissionSets: [{ permissionSetName: permissionSetName.parse('Billing-ps') }],
      },
    }).start()
    const state = async (key: string) => (await world.json(`status/${key}.json`))?.state
    for (const key of [group, user]) await world.objects.put(key, '')
    for (const key of [group, user]) await world.until(async () => (await state(key)) === 'applied', `${key} applied`)
    expect(await world.keys('attention/')).toEqual([])
    for (const key of [group, user]) await world.objects.delete(key)
    for (const key of [group, user]) await world.until(async () => (await state(key)) === undefined, `${key} gone`)
  },
)
