import type { KindFiles } from '../part.ts'

/** By key: the path of the source. */
const render = (sources: Readonly<Record<string, string>>) =>
  JSON.stringify({
    AccessControlAttributes: Object.entries(sources).map(([Key, path]) => ({
      Key,
      Value: { Source: [`\${path:${path}}`] },
    })),
  })
const [department, team, title] = ['enterprise.department', 'enterprise.division', 'title']

export const attributeFiles = {
  keys: { 'the only one': 'access_control_attributes.json' },
  valid: {
    one: render({ Department: department }),
    two: render({ Department: department, Team: team }),
    three: render({ Department: department, Team: team, Title: title }),
    'another source': render({ Department: title, Team: team }),
    none: render({}),
  },
  invalid: {
    'one key twice': render({ Department: department, department: team }),
    broken: '{ "AccessControlAttributes": [',
  },
} as const satisfies KindFiles
