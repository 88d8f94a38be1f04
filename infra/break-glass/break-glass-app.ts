import { Refusal } from '../../handlers/cli/arguments/refusal.ts'
import { readBreakGlass } from '../../handlers/cli/break-glass/read-break-glass.ts'
import { buildBreakGlassApp } from './build-break-glass-app.ts'

/** The CDK CLI runs this. `BREAK_GLASS_FILE` names the definition. */
try {
  buildBreakGlassApp(await readBreakGlass(process.env.BREAK_GLASS_FILE ?? '')).synth()
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
