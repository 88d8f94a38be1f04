import { configuration } from './configuration.ts'
import type { JsonRule, JsonRules } from './json-faults.ts'

const object = (fields: readonly string[]): JsonRule => ({
  expected: `a JSON object with the fields ${fields.join(', ')}, each optional`,
  remedy: () => 'write { … } with those that differ from their defaults',
  fields,
})
const value = (expected: string, alone: string): JsonRule => ({
  expected,
  remedy: () => `write ${alone}, or leave the field out for its default`,
})
const flag = value('true or false', 'one of the two without quotation marks')
const whole = value('a whole number from 0', 'a number such as 20')
const percent = value('a number from 0 to 100', 'a number such as 10')

/** What to say about each part of a configuration that breaks a rule of its schema. */
export const configurationRules: JsonRules = {
  $: object(Object.keys(configuration.shape)),
  '$.supportNestedOu': flag,
  '$.folders': value('a list of at most 20 folders under links_data/, each once', 'a list such as ["team-a"]'),
  '$.folders.[]': {
    expected:
      'the name of a folder under links_data/: 1 to 200 characters in Unicode normal form NFC, without % and control characters, and without / at its ends',
    remedy: () => 'write it as it stands in the keys between links_data/ and the link, such as "team-a"',
  },
  '$.urgentPermissionSets': value('a list of names of permission sets', 'a list such as ["BreakGlass-ps"]'),
  '$.urgentPermissionSets.[]': {
    expected: 'the name of a permission set: 1 to 32 letters, digits or _ + = , . @ -',
    remedy: () => 'write the name without .json, in double quotes',
  },
  '$.principalSuffix': value('a text', 'a text such as "@example.com"'),
  '$.includeManagementAccount': flag,
  '$.orphanGraceMinutes': value('whole minutes from 0', 'a number such as 60'),
  '$.onDrift': value("'restore' or 'report'", '"restore" or "report"'),
  '$.brake': object(['indirect', 'own']),
  '$.brake.indirect': object(['count', 'percent', 'most', 'hours']),
  '$.brake.indirect.count': whole,
  '$.brake.indirect.percent': percent,
  '$.brake.indirect.most': whole,
  '$.brake.indirect.hours': value('hours, a number above 0', 'a number such as 24'),
  '$.brake.own': object(['count', 'percent', 'minutes']),
  '$.brake.own.count': whole,
  '$.brake.own.percent': percent,
  '$.brake.own.minutes': value('minutes, a number above 0', 'a number such as 15'),
  '$.limits': object(['outstanding', 'callsPerSecond', 'provisionings']),
  '$.limits.outstanding': value("a whole number from 1 to 15, which is AWS's limit", 'a number such as 15'),
  '$.limits.callsPerSecond': value("a number above 0, at most 20, which is AWS's limit", 'a number such as 20'),
  '$.limits.provisionings': value("a whole number from 1 to 3, which is AWS's limit", 'a number such as 3'),
}
