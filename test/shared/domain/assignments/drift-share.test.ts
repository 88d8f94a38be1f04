import { expect, test } from '@jest/globals'
import { leftBy, putLeftFirst, shareOfNight as shareOf } from '../../../../shared/domain/assignments/drift-share.ts'
import {
  type PermissionSetName,
  permissionSetName,
} from '../../../../shared/domain/permission-sets/permission-set-name.ts'

const names = Array.from({ length: 700 }, (_, index) => permissionSetName.parse(`Set-${index}`))
const none = () => false
const shareOfNight = (of: readonly PermissionSetName[], at: Date) => shareOf(of, at, none)
const night = (number: number) => new Date(Date.UTC(2026, 2, 3 + number, 2))

test('seven nights take each permission set once, wherever they begin', () => {
  for (const first of [0, 3, 400]) {
    const taken = Array.from({ length: 7 }, (_, index) => shareOfNight(names, night(first + index))).flat()
    expect(taken.toSorted()).toEqual(names.toSorted())
  }
})

test('a night has one share from midnight to midnight in UTC', () => {
  const at = (time: string) => shareOfNight(names, new Date(`2026-03-03T${time}Z`))
  for (const time of ['00:00:01.001', '02:30:00', '23:59:59.999']) expect(at(time)).toEqual(at('00:00:00'))
  expect(shareOfNight(names, new Date('2026-03-04T00:00:00Z'))).not.toEqual(at('23:59:59.999'))
})

test('no night has much more than a seventh', () => {
  for (let number = 0; number < 7; number++) expect(shareOfNight(names, night(number)).length).toBeLessThan(150)
})

test('a permission set keeps its night when others come and go', () => {
  for (let number = 0; number < 7; number++) {
    const few = shareOfNight(names.slice(100, 200), night(number))
    expect(shareOfNight(names, night(number))).toEqual(expect.arrayContaining([...few]))
  }
})

test('a permission set that the last night left, or of which it left a part, has its turn again', () => {
  const tonight = shareOfNight(names, night(0))
  const [one, other] = names.filter((name) => !tonight.includes(name))
  expect(shareOf(names, night(0), leftBy([`${one} 3`, `${other}`])).length).toBe(tonight.length + 2)
})

test('the parts that the last night left come first, and the others keep their order', () => {
  const parts = ['GROUP 1', 'GROUP 3', 'GROUP 30', 'USER 1', 'A-ps', 'B-ps'].map((unit) => ({ unit }))
  const order = (...left: string[]) => putLeftFirst(parts, leftBy(left)).map(({ unit }) => unit)
  expect(order()).toEqual(parts.map(({ unit }) => unit))
  expect(order('USER 1', 'GROUP 3 2', 'B-ps 7', 'gone')).toEqual([
    ...['GROUP 3', 'USER 1', 'B-ps'],
    ...['GROUP 1', 'GROUP 30', 'A-ps'],
  ])
})
