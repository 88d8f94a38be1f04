/**
 * What the page read of something. Only `read` without `missing` and without items means that there is nothing.
 *
 * | state     | means                                                                                  |
 * | --------- | -------------------------------------------------------------------------------------- |
 * | `loading` | no answer has come yet                                                                 |
 * | `unread`  | it could not be read, and `fault` says why                                             |
 * | `read`    | as of `asOfMs`; `missing`: why this is not all; `fault`: why it could not be read again |
 */
export type Reading<T> =
  | { readonly is: 'loading' }
  | { readonly is: 'unread'; readonly fault: string; readonly again: () => void }
  | Read<T>
export type Read<T> = {
  readonly is: 'read'
  readonly value: T
  readonly asOfMs: number
  readonly missing?: string | undefined
  readonly fault?: string | undefined
  readonly again: () => void
}

/** The same reading of something else that its value tells. `missing`: why that is not all. */
export function mapReading<T, U>(reading: Reading<T>, tell: (value: T) => U, missing?: string): Reading<U> {
  if (reading.is !== 'read') return reading
  return { ...reading, value: tell(reading.value), missing: reading.missing ?? missing }
}

/** `undefined`: nothing was read. */
export function valueIn<T>(reading: Reading<T>): T | undefined {
  return reading.is === 'read' ? reading.value : undefined
}

/** From the last answer, and the fault of the last call. */
export function readingOf<T>(
  answer: { readonly value: T; readonly atMs: number } | undefined,
  {
    fault,
    again,
    missing,
  }: { readonly fault: string | undefined; readonly again: () => void; readonly missing?: string | undefined },
): Reading<T> {
  if (answer !== undefined) return { is: 'read', value: answer.value, asOfMs: answer.atMs, missing, fault, again }
  return fault === undefined ? { is: 'loading' } : { is: 'unread', fault, again }
}

const minuteMs = 60_000

/** Whether the reader must know the age of this answer. */
export function isOld({ asOfMs, fault }: Read<unknown>, nowMs: number): boolean {
  return fault !== undefined || nowMs - asOfMs >= minuteMs
}

/** Whether a number of items is true: of a complete answer, or of more than none. */
export function isCounted(reading: Reading<readonly unknown[]>): boolean {
  return reading.is === 'read' && (reading.missing === undefined || reading.value.length > 0)
}

export function sayUnread(fault: string): string {
  return `It could not be read: ${fault.replace(/^Error: /, '').replace(/\.$/, '')}.`
}
