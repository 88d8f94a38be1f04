import { spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { textWidth } from './text-width.ts'

/** Colours stay, and text that fits is printed directly. (less(1), LESS; Git sets the same.) */
const lessOptions = 'FRX'

/**
 * Prints a result. If it does not fit on the terminal's screen, the pager shows it: `PAGER`, or else less. `PAGER=cat` prints it directly,
 * and so does a pager that cannot start.
 */
export async function show(text: string): Promise<void> {
  const { stdout, env } = process
  const pager = env.PAGER ?? 'less'
  if (!stdout.isTTY || pager === '' || fits(text, stdout) || !(await page(text, pager))) stdout.write(text)
}

/** The prompt needs a line as well. */
export function fits(text: string, { rows, columns }: { readonly rows: number; readonly columns: number }): boolean {
  const lines = stripVTControlCharacters(text).trimEnd().split('\n')
  const height = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(textWidth(line) / columns)), 0)
  return height < rows
}

/** `false`: this pager does not exist. Ctrl-C belongs to the pager while it runs. */
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
    // The user may quit the pager before it has read everything.
    child.stdin.on('error', ignore)
    child.stdin.end(text)
  })
}
