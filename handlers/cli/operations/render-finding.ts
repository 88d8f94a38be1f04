import type { Finding } from '../../../shared/domain/guardrails/finding.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { paint } from '../terminal/paint.ts'

const words = {
  ok: paint('good', 'ok  '),
  warn: paint('pending', 'warn'),
  fail: paint('bad', 'FAIL'),
  skip: '–   ',
} as const

export function renderFinding({ check, level, told, remedy }: Finding): string {
  const todo = remedy === undefined ? '' : `; do: ${remedy}`
  return `${words[level]}  ${check.padEnd(19)}  ${quote(`${told}${todo}`, 4_000)}\n`
}
