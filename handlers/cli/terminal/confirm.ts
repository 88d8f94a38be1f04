import { createInterface } from 'node:readline/promises'
import { Refusal } from '../arguments/refusal.ts'

/** `bucket`: where the change is. Absent: on this machine. `instead`: the options that answer without a terminal. */
type Question = { readonly bucket?: string | undefined; readonly question: string; readonly instead: string }

/** Asks on the terminal; only `yes` is yes. Throws Refusal without a terminal. */
export async function confirm({ bucket, question, instead }: Question): Promise<boolean> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true)
    throw new Refusal(`there is no terminal to ask; nothing was changed. To go on, ${instead}`)
  const asked = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await asked.question(`${renderQuestion({ bucket, question })} Type 'yes' to confirm: `)).trim() === 'yes'
  } finally {
    asked.close()
  }
}

/** The shell may have another bucket in its environment than the person thinks. */
export function renderQuestion({ bucket, question }: Pick<Question, 'bucket' | 'question'>): string {
  return bucket === undefined ? question : `Bucket ${bucket}: ${question}`
}
