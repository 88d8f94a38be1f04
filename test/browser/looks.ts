import { isWhole } from '../depth.ts'
import { desktop, phone } from './acme-page.ts'

const every = [
  ['desktop', desktop],
  ['dark phone', { ...phone, colorScheme: 'dark' as const }],
  ['phone', phone],
  ['dark', { ...desktop, colorScheme: 'dark' as const }],
] as const

/** Wide and narrow, light and dark. CI takes the first two, which have each of these once. */
export const looks = every.slice(0, isWhole ? every.length : 2)
