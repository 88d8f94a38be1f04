type Process = Pick<NodeJS.Process, 'exit'> & {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
}

/**
 * Keeps the command at work when nobody reads its output any more. A reader of the result that stops early (`| head`) is no failure, and
 * does not change the exit code. Standard error has only progress and remarks, so losing it stops nothing.
 */
export function surviveLostReaders({ stdout, stderr, exit }: Process): void {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    stderr.write(`ssofile: the result could not be written to standard output: ${error.message}\n`)
    exit(1)
  })
  stderr.on('error', () => {})
}
