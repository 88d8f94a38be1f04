import { describe, expect, test } from '@jest/globals'
import { choosePushed } from '../../../../../shared/modules/restore/rules/choose-pushed.ts'

const account = '111122223333'
const set = 'AWSReservedSSO_Editor_0123456789abcdef'
const kenji = {
  arn: `arn:aws:sts::${account}:assumed-role/${set}/kenji@acme.example`,
  principalId: 'AWS:AROAEXAMPLE1234567890:kenji@acme.example',
}
const pipeline = {
  arn: `arn:aws:sts::${account}:assumed-role/pipeline/run-77`,
  principalId: 'AWS:AROAPIPELINE12345678:run-77',
}
const authors = new Map([
  ['links_data/his', kenji.principalId],
  ['links_data/hers', 'AWS:AROAEXAMPLE1234567890:maria@acme.example'],
  ['links_data/job', 'AWS:AROAPIPELINE12345678:run-76'],
  ['links_data/api', `arn:aws:sts::${account}:assumed-role/pipeline/run-12`],
  ['links_data/ended', 'review:everything/maria@acme.example'],
  ['permission_sets/gone.json', undefined],
])
const keysOf = (...args: Parameters<typeof choosePushed>) => [...choosePushed(...args).keys]

describe('undo takes back', () => {
  test('only the own files of a person, whose role others share', () => {
    const { keys, left, undone } = choosePushed(authors, kenji, {})
    expect([...keys]).toEqual(['links_data/his'])
    expect(undone).toEqual([['kenji@acme.example', 1]])
    expect(left).toContainEqual(['maria@acme.example', 1])
    expect(left).toContainEqual(['maria@acme.example (review everything)', 1])
    expect(left).toContainEqual(['not known', 1])
  })

  test('all files of the role of a pipeline, whatever its sessions are called', () => {
    expect(keysOf(authors, pipeline, {})).toEqual(['links_data/job', 'links_data/api'])
  })

  test('with --of the files of exactly this person, by the name shown or the name in S3', () => {
    expect(keysOf(authors, kenji, { of: 'maria@acme.example' })).toEqual(['links_data/hers'])
    expect(keysOf(authors, kenji, { of: 'AWS:AROAPIPELINE12345678:run-76' })).toEqual(['links_data/job'])
    expect(keysOf(authors, kenji, { of: 'not known' })).toEqual([])
  })

  test('with --everybody all files, but never what a review ended', () => {
    const all = [...authors.keys()].filter((key) => key !== 'links_data/ended')
    expect(keysOf(authors, kenji, { everybody: true })).toEqual(all)
    expect(keysOf(authors, kenji, { of: 'maria@acme.example (review everything)' })).toEqual([])
  })
})
