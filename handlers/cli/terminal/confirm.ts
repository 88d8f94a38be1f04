import { createInterface } from 'node:readline/promises'
import { Refusal } from '../arguments/refusal.ts'

/**
 * `bucket`: where the change is. Absent: on this machine. `instead`: the options that answer without a terminal. `undone`: what is not done
 * otherwise.
 */
type Question = {
  readonly bucket?: string | undefined
  readonly question: string
  readonly instead?: string
  readonly undone?: 'changed' | 'decided' | 'ended' | 'released'
}

/** Asks on the terminal. Throws Refusal unless the answer is `yes`, and without a terminal. */
export async function confirm({
  bucket,
  question,
  instead = 'add --yes',
  undone = 'changed',
}: Question): Promise<void> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true)
    throw new Refusal(`there is no terminal to ask; nothing was ${undone}. To go on, ${instead}`)
  const asked = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await asked.question(`${renderQuestion({ bucket, question })} Type 'yes' to confirm: `)
    if (answer.trim() !== 'yes') throw new Refusal(`not confirmed; nothing was ${undone}`)
  } finally {
    asked.close()
  }
}

/** The shell may have another bucket in its environment than the person thinks. */
export function renderQuestion({ bucket, question }: Pick<Question, 'bucket' | 'question'>): string {
  return bucket === undefined ? question : `Bucket ${bucket}: ${question}`
}
