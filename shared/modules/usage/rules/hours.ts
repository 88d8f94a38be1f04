import * as z from 'zod'

/** Hours (UTC) by month: bit n of a number in base 16 stands for the hour n of the month. A year is 2 KB at most. */
export const hours = z.record(z.string(), z.string().regex(/^[0-9a-f]{1,186}$/))
export type Hours = Readonly<z.infer<typeof hours>>

export const hourMs = 60 * 60_000
const monthOf = (at: string): string => at.slice(0, 'yyyy-mm'.length)
const hourOf = (at: string): bigint => BigInt((Number(at.slice(8, 10)) - 1) * 24 + Number(at.slice(11, 13)))
const read = (all: Hours | undefined, month: string): bigint => BigInt(`0x${all?.[month] ?? '0'}`)

export function hasHour(all: Hours, at: string): boolean {
  return ((read(all, monthOf(at)) >> hourOf(at)) & 1n) === 1n
}

export function addHour(all: Hours | undefined, at: string): Hours {
  const month = monthOf(at)
  return { ...all, [month]: (read(all, month) | (1n << hourOf(at))).toString(16) }
}

/** How many there are from this instant on. */
export function countHours(all: Hours, from: string): number {
  const bits = Object.values(hoursFrom(all, from)).map((hex) => BigInt(`0x${hex}`).toString(2))
  return bits.join('').replaceAll('0', '').length
}

/** The beginning of each hour, ascending. */
export function listHours(all: Hours): readonly Date[] {
  return Object.keys(all)
    .sort()
    .flatMap((month) =>
      [...read(all, month).toString(2)]
        .reverse()
        .flatMap((bit, hour) => (bit === '1' ? new Date(Date.parse(`${month}-01T00:00:00Z`) + hour * hourMs) : [])),
    )
}

/** Only the hours from this instant on. */
export function hoursFrom(all: Hours, from: string): Hours {
  const cut = (hex: string) => ((BigInt(`0x${hex}`) >> hourOf(from)) << hourOf(from)).toString(16)
  const months = Object.entries(all).filter(([month]) => month >= monthOf(from))
  return Object.fromEntries(months.map(([month, hex]) => [month, month === monthOf(from) ? cut(hex) : hex]))
}
