import { portionsOf } from './portions.ts'

/** The most names of one piece. V8 moves longer arrays to a place of their own, where each copy costs a millisecond. */
const pieceMost = 1_000

/**
 * Ascending names without repeats. Tens of thousands stand in pieces, and a change copies only one piece: the time of a change does not
 * grow with the list.
 */
export type Names<T extends string = string> = readonly T[] | Pieces<T>

class Pieces<T extends string> {
  readonly pieces: readonly (readonly T[])[]
  /** The number of names before each piece. */
  readonly starts: readonly number[]
  readonly length: number

  constructor(pieces: readonly (readonly T[])[]) {
    let length = 0
    this.starts = pieces.map((piece) => {
      length += piece.length
      return length - piece.length
    })
    this.pieces = pieces
    this.length = length
  }

  [Symbol.iterator](): ArrayIterator<T> {
    return this.pieces.flat().values()
  }

  /** As an array does. A whole piece is not copied. */
  slice(from = 0, to = this.length): readonly T[] {
    const first = Math.max(0, countWhile((nth) => (this.starts[nth] ?? 0) <= from, this.pieces.length) - 1)
    const end = countWhile((nth) => (this.starts[nth] ?? 0) < to, this.pieces.length)
    const met = this.pieces.slice(first, end).map((piece, index) => {
      const start = this.starts[first + index] ?? 0
      const isWhole = from <= start && start + piece.length <= to
      return isWhole ? piece : piece.slice(Math.max(0, from - start), to - start)
    })
    return met.length === 1 ? (met[0] ?? []) : met.flat()
  }

  toJSON(): readonly T[] {
    return [...this]
  }
}

/** The names of these pieces, one piece after the other. Few names are an array. */
export function namesIn<T extends string>(pieces: readonly (readonly T[])[]): Names<T> {
  const names = new Pieces(pieces)
  return names.length > pieceMost ? names : pieces.flat()
}

export function hasName(names: Names, name: string): boolean {
  return find(names, name).isThere
}

export function withName<T extends string>(names: Names<T>, name: T): Names<T> {
  const found = find(names, name)
  return found.isThere ? names : splice(found, 0, name)
}

export function withoutName<T extends string>(names: Names<T>, name: string): Names<T> {
  const found = find(names, name)
  return found.isThere ? splice(found, 1) : names
}

/** How many names come before this one. */
export function placeOf(names: Names, name: string): number {
  const { nth, place } = find(names, name)
  return place + (names instanceof Pieces ? (names.starts[nth] ?? 0) : 0)
}

/** Pieces of about equal length with at most so many names. None: there are no names. */
export function cutNames<T>(names: readonly T[], most: number): readonly T[][] {
  const size = Math.max(1, Math.ceil(names.length / Math.max(1, Math.ceil(names.length / most))))
  return portionsOf(names, size)
}

/** The piece that has this name or would have it, and the place of the name in that piece. */
function find<T extends string>(names: Names<T>, name: string) {
  const pieces = names instanceof Pieces ? names.pieces : [names]
  const nth = Math.max(0, countWhile((one) => (pieces[one]?.[0] ?? '') <= name, pieces.length) - 1)
  const piece = pieces[nth] ?? []
  const place = countWhile((one) => (piece[one] ?? '') < name, piece.length)
  return { pieces, nth, piece, place, isThere: piece[place] === name }
}

function splice<T extends string>(
  { pieces, nth, piece, place }: ReturnType<typeof find<T>>,
  less: number,
  ...more: readonly T[]
): Names<T> {
  return namesIn(pieces.toSpliced(nth, 1, ...cutNames(piece.toSpliced(place, less, ...more), pieceMost)))
}

/** `fits` is true up to some number and false from there. Returns that number, at most `to`. */
function countWhile(fits: (number: number) => boolean, to: number, from = 0): number {
  if (from === to) return from
  const middle = (from + to) >> 1
  return fits(middle) ? countWhile(fits, to, middle + 1) : countWhile(fits, middle, from)
}
