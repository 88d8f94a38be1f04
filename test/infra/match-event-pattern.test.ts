import { describe, expect, test } from '@jest/globals'
import { type EventPattern, matchEventPattern } from '../../infra/match-event-pattern.ts'

type Example = {
  readonly name: string
  readonly pattern: EventPattern
  readonly event: object
  readonly matches: boolean
}

const instance = 'arn:aws:ec2:us-east-1:123456789012:instance/i-02ebd4584a2ebd341'
const notification = {
  'detail-type': ['EC2 Instance State-change Notification'],
  resources: [instance],
  detail: { state: ['initializing', 'running'] },
}
const withoutCount: EventPattern = { detail: { 'c-count': [{ exists: false }] } }
const withoutDeepCount: EventPattern = { detail: { inner: { 'c-count': [{ exists: false }] } } }
const newYorkOnMonday: EventPattern = { Location: ['New York'], Day: ['Monday'] }

// EventBridge User Guide, "Comparison operators for use in event patterns": its table, and "Exists matching"; "Arrays in
// event patterns"; "Matching events on null values and empty strings".
const documented: readonly Example[] = [
  { name: 'Does not exist, nor what it would be in', pattern: withoutDeepCount, event: { detail: {} }, matches: true },
  {
    name: 'Does not exist, but does deep in it',
    pattern: withoutDeepCount,
    event: { detail: { inner: { 'c-count': 5 } } },
    matches: false,
  },
  { name: 'And', pattern: newYorkOnMonday, event: { Location: 'New York', Day: 'Monday' }, matches: true },
  {
    name: 'And, of which one does not hold',
    pattern: newYorkOnMonday,
    event: { Location: 'New York' },
    matches: false,
  },
  { name: 'Equals', pattern: { Name: ['Alice'] }, event: { Name: 'Alice' }, matches: true },
  { name: 'Equals, in other letters', pattern: { Name: ['Alice'] }, event: { Name: 'alice' }, matches: false },
  { name: 'Equals, at the beginning only', pattern: { Name: ['Ali'] }, event: { Name: 'Alice' }, matches: false },
  {
    name: 'Begins with',
    pattern: { Region: [{ prefix: 'us-' }] },
    event: { Region: 'us-east-1' },
    matches: true,
  },
  {
    name: 'Begins with, of another',
    pattern: { Region: [{ prefix: 'us-' }] },
    event: { Region: 'eu-us-1' },
    matches: false,
  },
  {
    name: 'Ends with',
    pattern: { File: [{ suffix: '.png' }] },
    event: { File: 'a.png' },
    matches: true,
  },
  {
    name: 'Ends with, of another',
    pattern: { File: [{ suffix: '.png' }] },
    event: { File: 'a.png.zip' },
    matches: false,
  },
  { name: 'Or', pattern: { PaymentType: ['Credit', 'Debit'] }, event: { PaymentType: 'Debit' }, matches: true },
  {
    name: 'Or, of neither',
    pattern: { PaymentType: ['Credit', 'Debit'] },
    event: { PaymentType: 'Cash' },
    matches: false,
  },
  { name: 'Empty', pattern: { LastName: [''] }, event: { LastName: '' }, matches: true },
  { name: 'Empty, of null', pattern: { LastName: [''] }, event: { LastName: null }, matches: false },
  { name: 'Exists', pattern: { ProductName: [{ exists: true }] }, event: { ProductName: 'x' }, matches: true },
  { name: 'Exists, of what is absent', pattern: { ProductName: [{ exists: true }] }, event: {}, matches: false },
  { name: 'Does not exist', pattern: { ProductName: [{ exists: false }] }, event: {}, matches: true },
  {
    name: 'Does not exist, of what is there',
    pattern: { Name: [{ exists: false }] },
    event: { Name: 'x' },
    matches: false,
  },
  { name: 'Exists matching, without the field', pattern: withoutCount, event: notification, matches: true },
  {
    name: 'Exists matching, of a field that is no leaf',
    pattern: withoutCount,
    event: { ...notification, detail: { ...notification.detail, 'c-count': { c1: 100 } } },
    matches: true,
  },
  {
    name: 'Exists matching, with the field',
    pattern: withoutCount,
    event: { ...notification, detail: { 'c-count': 5 } },
    matches: false,
  },
  {
    name: 'Arrays, that have a value in common',
    pattern: { resources: ['arn:aws:ec2:us-east-1:111122223333:instance/i-b188560f', instance] },
    event: notification,
    matches: true,
  },
  {
    name: 'Prefix',
    pattern: { time: [{ prefix: '2017-10-02' }] },
    event: { time: '2017-10-02T18:43:48Z' },
    matches: true,
  },
  {
    name: 'Prefix, of something else',
    pattern: { time: [{ prefix: '2018' }] },
    event: { time: '2017' },
    matches: false,
  },
  { name: 'Anything-but', pattern: { state: [{ 'anything-but': 'on' }] }, event: { state: 'off' }, matches: true },
  {
    name: 'Anything-but, of that',
    pattern: { state: [{ 'anything-but': 'on' }] },
    event: { state: 'on' },
    matches: false,
  },
  {
    name: 'Anything-but a prefix',
    pattern: { state: [{ 'anything-but': { prefix: 'init' } }] },
    event: { state: 'stopped' },
    matches: true,
  },
  {
    name: 'Anything-but a prefix, of one that begins so',
    pattern: { state: [{ 'anything-but': { prefix: 'init' } }] },
    event: { state: 'initializing' },
    matches: false,
  },
  {
    name: 'Or within another, of which both have to match',
    pattern: { $or: [{ a: ['1'], $or: [{ b: ['2'] }, { c: ['3'] }] }, { d: ['4'] }] },
    event: { a: '1', c: '2' },
    matches: false,
  },
  {
    name: 'Anything-but, of what is absent',
    pattern: { state: [{ 'anything-but': 'on' }] },
    event: {},
    matches: false,
  },
  {
    name: 'Or, the second',
    pattern: { $or: [{ a: ['1'] }, { b: ['2'], c: ['3'] }] },
    event: { b: '2', c: '3' },
    matches: true,
  },
  {
    name: 'Or, half of each',
    pattern: { $or: [{ a: ['1'], b: ['1'] }, { b: ['2'] }] },
    event: { a: '1' },
    matches: false,
  },
  {
    name: 'Arrays of objects, as Security Hub has its findings',
    pattern: { findings: { Title: ['b'] } },
    event: { findings: [{ Title: 'a' }, { Title: 'b' }] },
    matches: true,
  },
  { name: 'Arrays, that have none', pattern: { resources: ['arn:aws:other'] }, event: notification, matches: false },
]

describe('a pattern of EventBridge', () => {
  test.each(documented)('answers as the User Guide says: $name', ({ pattern, event, matches }) => {
    expect(matchEventPattern(pattern, event)).toBe(matches)
  })

  test('is of the event itself, and of nothing that every object has', () => {
    expect(matchEventPattern({ toString: [{ exists: true }] }, {})).toBe(false)
    expect(matchEventPattern({ detail: { constructor: { name: ['Object'] } } }, { detail: {} })).toBe(false)
  })
})
