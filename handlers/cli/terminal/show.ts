import { spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { textWidth } from './text-width.ts'

/** Colours stay, and what fits is printed as it is. (less(1), LESS; Git sets the same.) */
const lessOptions = 'FRX'

/**
 * Prints a result. On a terminal whose screen it does not fit, the pager shows it: `PAGER`, or else less. `PAGER=cat`
 * prints it as it is, and so does a pager that does not run.
 */
export async function show(text: string): Promise<void> {
  const { stdout, env } = process
  const pager = env.PAGER ?? 'less'
  if (!stdout.isTTY || pager === '' || fits(text, stdout) || !(await page(text, pager))) stdout.write(text)
}

/** The line of the prompt needs room as well. */
export function fits(text: string, { rows, columns }: { readonly rows: number; readonly columns: number }): boolean {
  const lines = stripVTControlCharacters(text).trimEnd().split('\n')
  const height = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(textWidth(line) / columns)), 0)
  return height < rows
}

/** `false`: there is no such pager. Ctrl-C belongs to the pager while it runs. */
function page(text: string, pager: string): Promise<boolean> {
  const env = { LESS: lessOptions, ...process.env }
  const child = spawn(pager, { shell: true, stdio: ['pipe', 'inherit', 'inherit'], env })
  const ignore = () => {}
  process.on('SIGINT', ignore)
  return new Promise((resolve) => {
    const end = (isShown: boolean) => {
      process.off('SIGINT', ignore)
      resolve(isShown)
    }
    child.on('error', () => end(false))
    // 127: the shell found no such program. (POSIX, Shell Command Language, "Exit Status for Commands".)
    child.on('close', (code) => end(code !== 127))
    // Somebody may leave the pager before it has read everything.
    child.stdin.on('error', ignore)
    child.stdin.end(text)
  })
}
