import { styleText } from 'node:util'

/** What a colour says: in force; being changed, or waiting; wants a person; nothing. */
export type Mood = 'good' | 'pending' | 'bad' | 'plain'

const colours = { good: 'green', pending: 'yellow', bad: 'red' } as const

/** In colour where standard output is a terminal; NO_COLOR and FORCE_COLOR are heeded (Node.js, `util.styleText`). */
export function paint(mood: Mood, text: string): string {
  if (mood === 'plain') return text
  return styleText(colours[mood], text, { stream: process.stdout })
}
