import { readBreakGlass } from '../../handlers/cli/read-break-glass.ts'
import { Refusal } from '../../handlers/cli/refusal.ts'
import { buildBreakGlassApp } from './build-break-glass-app.ts'

/** What the CDK CLI runs. `BREAK_GLASS_FILE` names the definition. */
try {
  buildBreakGlassApp(await readBreakGlass(process.env.BREAK_GLASS_FILE ?? '')).synth()
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
