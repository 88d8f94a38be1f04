import { Asking, account } from '../../../handlers/asking.ts'

export const link = `links_data/account%${account}%Admin-ps%maria%USER%ssofile`
export const suspension = 'suspended/maria'

export async function granted(said: object = {}): Promise<Asking> {
  const asking = await Asking.begin(said)
  await asking.world.objects.put(link, '{}')
  await asking.world.until(() => asking.has(), 'the access')
  await asking.world.until(async () => (await asking.status(link))?.state === 'applied', 'the status')
  return asking
}

export const json = (asking: Asking, key: string) => asking.world.json(key)

export const stateOf = async (asking: Asking, key = suspension) => (await asking.status(key))?.state
