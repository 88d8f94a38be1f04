import type { KindFiles } from '../part.ts'

const name = { givenName: 'Ana', familyName: 'Ruiz' }
const employee = { displayName: 'Ana Ruiz', ...name, department: 'Engineering', title: 'Engineer' }
const contractor = { ...employee, userType: 'contractor', sponsor: 'team-web' }
const render = (person: object) => JSON.stringify(person)

/** Mia is there before any file, so her file is rejected. Others may make Leo and Nora too. */
export const personFiles = {
  keys: {
    mia: 'people/mia@example.com.json',
    leo: 'people/leo@example.com.json',
    nora: 'people/nora@example.com.json',
  },
  valid: {
    employee: render(employee),
    mover: render({ displayName: 'Ana Ruiz', ...name, department: 'Sales', manager: 'mia@example.com' }),
    contractor: (at) => render({ ...contractor, endsAt: at(90_000) }),
    'contractor until next year': (at) => render({ ...contractor, endsAt: at(366 * 24 * 3_600_000) }),
    joiner: (at) => render({ ...employee, startsAt: at(50_000) }),
    'joiner for a while': (at) => render({ ...employee, startsAt: at(40_000), endsAt: at(140_000) }),
    leaver: (at) => render({ ...employee, endsAt: at(-3_600_000) }),
    'employee to be deleted at the end': render({ ...employee, deleteAfterDays: 0 }),
  },
  invalid: {
    'contractor without an end': render(contractor),
    'end before the beginning': (at) => render({ ...employee, startsAt: at(60_000), endsAt: at(30_000) }),
    broken: '{ "displayName": "Ana',
  },
} as const satisfies KindFiles
