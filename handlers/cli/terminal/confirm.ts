import { createInterface } from 'node:readline/promises'
import { Refusal } from '../arguments/refusal.ts'

/** Asks on the terminal; only `yes` is yes. Throws Refusal without a terminal: `instead` names the options that answer then. */
export async function confirm(question: string, instead: string): Promise<boolean> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true)
    throw new Refusal(`there is no terminal to ask; nothing was changed. To go on, ${instead}`)
  const asked = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await asked.question(`${question} Type 'yes' to confirm: `)).trim() === 'yes'
  } finally {
    asked.close()
  }
}
