import type { PageRow } from '../../shared/modules/access-page/rules/collect-rows.ts'
import type { PageFacts } from '../../shared/modules/access-page/rules/page-data.ts'

export const hostileAccount = '<img src=x onerror="document.title=\'broken out\'">'
export const formula = '=HYPERLINK("http://127.0.0.1/","x")'
const script = "</script><script>document.title='broken out'</script>"

export const facts: PageFacts = {
  madeAt: '2026-11-21T12:00:00.000Z',
  sources: [
    ['ledger', 'as of 2026-11-21T12:00:00.000Z'],
    ['foreign', 'as of the drift check begun 2026-11-21T03:00:00.000Z'],
  ],
  notes: [],
  administratorSets: ['Root-ps'],
  attention: [
    {
      input: `links_data/account%233000000002%Billing-ps%${script}%GROUP%ssofile`,
      state: 'waiting',
      reason: 'the group does not exist',
      remedy: 'create the group, or correct the name',
    },
  ],
}

/** Of the units: one name has a slash, one would be markup. */
export const unitNames = ['Prod', 'Prod%2FTest', hostileAccount, ...Array.from({ length: 9 }, (_, at) => `Team ${at}`)]

/**
 * An organization of 500 accounts, 200 groups with 50 members of 3,000 people; each group has one permission set in ten
 * accounts.
 */
export function* sampleAccess(length: number): Generator<PageRow, void> {
  for (let index = 0; index < length; index++) {
    const member = index % 50
    const grant = Math.floor(index / 50)
    const group = grant % 200
    const person = (group * 17 + member * 61) % 3000
    const account = (group * 31 + Math.floor(grant / 200) * 7) % 500
    const id = String(233_000_000_000 + account)
    const isForeign = grant % 19 === 0
    const permissionSet = group % 37 === 0 ? 'Root-ps' : `Team-${group % 40}-ps`
    const isDirect = member === 0
    const name = group === 5 ? formula : `team-${group}`
    const key = `links_data/account%${id}%${permissionSet}%${name}%GROUP%ssofile`
    yield {
      person: `person.${person}@acme.example`,
      personId: `person-${person}`,
      ...(isDirect ? {} : { group: name, groupId: `group-${group}` }),
      account: id,
      accountName: account === 155 ? hostileAccount : `acme-${account}-prod`,
      accountState: 'ACTIVE',
      path: `Root/${unitNames[account % 12]}`,
      pathIds: `r-acme/ou-acme-${account % 12}`,
      permissionSet,
      state: isForeign ? 'foreign' : 'granted',
      since: new Date(Date.UTC(2024, 0, 1 + (grant % 900), 12)).toISOString(),
      ...(grant % 11 === 0 && !isForeign ? { until: '2027-01-01T00:00:00Z' } : {}),
      links: isForeign
        ? []
        : [{ key, by: { principalId: 'AWS:maria' }, lastModified: '2024-01-01T12:00:00.000Z', reason: script }],
    }
  }
}
