import { misreading, miswriting, notFinding, otherwise, reading } from '../../sabotage-ports.ts'
import type { Defects } from '../../sabotages.ts'

export const peopleSabotages: Defects = {
  people: {
    'a person begins before the time': misreading('people/', (text) =>
      text.replace(/"startsAt":"\d{4}/, '"startsAt":"1970'),
    ),
    'a person does not end': misreading('people/', (text) => text.replace(/"endsAt":"\d{4}/, '"endsAt":"9998')),
    'nobody ends whose file is gone': reading('people/', async (read, key, { clock }) => {
      const found = await read()
      const body = Buffer.from('{ "displayName": "A", "givenName": "B", "familyName": "C" }')
      return (
        found ?? { key, body, etag: 'made up', size: body.length, lastModified: clock.now(), servedAt: clock.now() }
      )
    }),
    'whoever has the name is taken for ours': miswriting('owned_people/', (text) =>
      text.replace(/"sent":\s*\{[^}]*\}/, '"sent": {}'),
    ),
    'a file that is not valid counts as gone': reading('people/', async (read) => {
      const found = await read()
      const text = found && Buffer.from(found.body).toString()
      return text !== undefined && !text.endsWith('}') ? undefined : found
    }),
    'attributes of a person are not written': otherwise('identityStore', () => ({
      updatePerson: async () => undefined,
    })),
    'nobody returns': otherwise('objects', (objects) => ({
      delete: async (key, condition) => (key.startsWith('suspended/') ? 'deleted' : objects.delete(key, condition)),
    })),
  },
  brake: {
    'one more person may be suspended at once': {
      configuration: ({ brake, ...rest }) => ({
        ...rest,
        brake: { ...brake, people: { ...brake.people, count: brake.people.count + 1 } },
      }),
    },
    'nobody may be suspended': {
      configuration: ({ brake, ...rest }) => ({ ...rest, brake: { ...brake, people: { ...brake.people, count: 0 } } }),
    },
  },
  temporary: { 'a suspended approver approves': notFinding('suspended/ann') },
  foreign: { 'a suspended reviewer decides': notFinding('suspended/ann') },
  status: { 'nobody finds the file of a person': notFinding('people/') },
}
