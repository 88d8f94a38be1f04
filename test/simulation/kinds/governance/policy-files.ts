import type { KindFiles } from '../part.ts'

const rule = { id: 'a-rule', control: 'AC-6', mode: 'enforce' }
const render = (said: object) => JSON.stringify({ contact: 'the platform team', ...said })
const ticket = { ...rule, for: { permissionSets: ['First-ps'] }, must: { ticket: 'T-#' } }

export const policyFiles = {
  keys: { one: 'policies/one.json', two: 'policies/two.json' },
  valid: {
    'that asks for a ticket': render({ links: [ticket] }),
    'that only warns': render({ links: [{ ...ticket, mode: 'warn' }] }),
    'that keeps First and Late apart': render({
      separations: [{ ...rule, must: { notTogether: [['First-ps'], ['Late-*']] } }],
    }),
    'that keeps a person': render({
      minimums: [{ ...rule, for: { permissionSets: ['First-ps'] }, must: { peopleLeast: 1 } }],
    }),
  },
  invalid: { 'with one id twice': render({ links: [ticket, ticket] }), broken: '{ "contact": ' },
} as const satisfies KindFiles

export type Demand = keyof typeof policyFiles.valid | 'broken'

/** What this content demands. */
export function demandOf(text: string): Demand {
  const [name = 'broken'] = Object.entries(policyFiles.valid).find(([, one]) => one === text) ?? []
  return (name in policyFiles.valid ? name : 'broken') as Demand
}
