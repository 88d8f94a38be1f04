import { count } from '../text/count.ts'
import type { Manifest } from './manifest.ts'

/** `3 kept, 1 open`: results that no item has are left out. */
export function sayCounts(counts: Manifest['counts']): string {
  return Object.entries(counts)
    .flatMap(([result, number]) => (number > 0 ? [`${number} ${result}`] : []))
    .join(', ')
}

/** How fast one reviewer decided. */
export function sayPace({ name, user, decisions, perMinute }: Manifest['reviewers'][number]): string {
  return `${name ?? user}: ${count(decisions, 'decision')}, ${perMinute} a minute`
}
