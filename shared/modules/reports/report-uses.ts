import { renderCsv } from '../../domain/text/render-csv.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import type { People } from '../../reconcile/directory/people.ts'
import { ObjectWriter } from '../../reconcile/records/object-writer.ts'
import { listLastUses, readWatched, usagePrefix } from '../usage/last-uses.ts'

const titles = [
  ...['person', 'person id', 'account', 'permission set', 'first use', 'last use', 'way', 'address', 'user agent'],
  ...['hours of use in 90 days', 'counted since', 'not counted'],
]

/** Writes each last use of the people of today. Not under `reports/`: operators read that, and only auditors may see uses. */
export async function reportUses(ports: Pick<Ports, 'objects' | 'clock'>, people: People): Promise<void> {
  const { since = '', gaps } = await readWatched(ports)
  const silence = gaps.map(({ from, to }) => `${from}/${to}`).join(' ; ')
  const writer = new ObjectWriter(ports.objects, `${usagePrefix}report.csv`)
  await writer.write(renderCsv([titles]))
  for await (const { uses } of listLastUses(ports)) {
    const names = await unlessUnread(people.namesOf('USER', new Set(uses.map(({ user }) => user))))
    const rows = uses.map(({ user, account, permissionSet, first, at, by, from = '', agent = '', hours90 }) => {
      const name = ('is' in names && names.is.get(user)) || ''
      return [name, user, account, permissionSet, first, at, by, from, agent, String(hours90), since, silence]
    })
    await writer.write(renderCsv(rows))
  }
  await writer.end()
}
