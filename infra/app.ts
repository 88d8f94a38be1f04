import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal } from '../handlers/cli/arguments/refusal.ts'
import { bundledDefinitions } from '../shared/domain/files/break-glass-file.ts'
import { auditorRoleTemplate } from './auditor-role.ts'
import { definitionsOf } from './break-glass/definitions-of.ts'
import { bucketOwnerFiles } from './bucket-owner-files.ts'
import { buildApp } from './build-app.ts'
import { deploymentNames } from './deployment-names.ts'
import { hygieneRoleTemplate } from './hygiene-role.ts'
import { peoplePolicies } from './people-policies.ts'
import { readEnvironment } from './read-environment.ts'
import { remarksOn } from './remarks-on.ts'

/** The CDK CLI runs this. `SSOFILE_ENVIRONMENT` names the environment, or its file. */
try {
  const environment = await readEnvironment(process.env.SSOFILE_ENVIRONMENT ?? 'example')
  const { directory } = buildApp(environment).synth()
  const names = deploymentNames(environment)
  const write = (folder: string, files: Readonly<Record<string, string>>) => {
    // Templates of another environment, from an earlier synthesis.
    rmSync(join(directory, folder), { recursive: true, force: true })
    mkdirSync(join(directory, folder), { recursive: true })
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, folder, name), text)
  }
  const people = Object.entries(peoplePolicies(environment, names))
  write(
    'people',
    Object.fromEntries(people.map(([name, policy]) => [`${name}.json`, `${JSON.stringify(policy, undefined, 2)}\n`])),
  )
  const definitions = bundledDefinitions.parse(definitionsOf(environment.managementAccount))
  const roles = {
    'auditor-role': auditorRoleTemplate(environment, names, definitions),
    'hygiene-role': hygieneRoleTemplate(environment, names),
  }
  for (const [folder, role] of Object.entries(roles))
    if (role !== undefined) write(folder, { 'stack-set.json': `${JSON.stringify(role, undefined, 2)}\n` })
  if (environment.bucket.existing !== undefined) write('bucket-owner', bucketOwnerFiles(environment, names))
  for (const remark of remarksOn(environment, names)) process.stderr.write(`${remark}\n`)
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
