import { quote } from '../../shared/domain/complaint.ts'
import type { Finding } from '../../shared/domain/finding.ts'
import { paint } from './paint.ts'

const words = {
  ok: paint('good', 'ok  '),
  warn: paint('pending', 'warn'),
  fail: paint('bad', 'FAIL'),
  skip: '–   ',
} as const

/** One line. */
export function renderFinding({ check, level, told, remedy }: Finding): string {
  const todo = remedy === undefined ? '' : `; do: ${remedy}`
  return `${words[level]}  ${check.padEnd(19)}  ${quote(`${told}${todo}`, 4_000)}\n`
}
