import { Refusal } from '../handlers/cli/refusal.ts'
import { buildApp } from './build-app.ts'
import { readEnvironment } from './read-environment.ts'

/** What the CDK CLI runs. `SSOFILE_ENVIRONMENT` names the file under `infra/environments/`. */
try {
  buildApp(await readEnvironment(process.env.SSOFILE_ENVIRONMENT ?? 'example')).synth()
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
