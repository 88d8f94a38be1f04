import { runIntegration } from './run-integration.ts'

try {
  process.stdout.write(await runIntegration(process.argv.slice(2), process.env))
} catch (error) {
  process.stderr.write(`ssofile: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
