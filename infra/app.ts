import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal } from '../handlers/cli/refusal.ts'
import { bucketOwnerFiles } from './bucket-owner-files.ts'
import { bucketPolicy, bytesOfPolicy, policyBytesMost } from './bucket-policy.ts'
import { buildApp } from './build-app.ts'
import { DeploymentNames } from './deployment-names.ts'
import { readEnvironment } from './read-environment.ts'

/** What the CDK CLI runs. `SSOFILE_ENVIRONMENT` names the environment, or its file. */
try {
  const environment = await readEnvironment(process.env.SSOFILE_ENVIRONMENT ?? 'example')
  const { directory } = buildApp(environment).synth()
  const names = new DeploymentNames(environment)
  process.stderr.write(
    `the policy of the bucket ${environment.bucket.name} has ${bytesOfPolicy(bucketPolicy(environment, names))} bytes, at most ${policyBytesMost}\n`,
  )
  if (environment.bucket.existing !== undefined) {
    const folder = join(directory, 'bucket-owner')
    mkdirSync(folder, { recursive: true })
    for (const [name, text] of Object.entries(bucketOwnerFiles(environment, names)))
      writeFileSync(join(folder, name), text)
  }
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
