import { styleText } from 'node:util'

/** `good`: in force; `pending`: changing or waiting; `bad`: needs a person; `plain`: no colour. */
export type Mood = 'good' | 'pending' | 'bad' | 'plain'

const colours = { good: 'green', pending: 'yellow', bad: 'red' } as const

/** In colour if standard output is a terminal; NO_COLOR and FORCE_COLOR are respected (Node.js, `util.styleText`). */
export function paint(mood: Mood, text: string): string {
  if (mood === 'plain') return text
  return styleText(colours[mood], text, { stream: process.stdout })
}
