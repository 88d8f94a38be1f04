#!/usr/bin/env node
import { runCommand } from './run-command.ts'

// A reader that stops early (`| head`) is no failure, and does not change the exit code.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return
  process.stderr.write(`ssofile: the result could not be written to standard output: ${error.message}\n`)
  process.exit(1)
})
await runCommand()
