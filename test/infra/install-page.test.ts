import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { deploymentNames } from '../../infra/deployment-names.ts'
import { readEnvironment } from '../../infra/read-environment.ts'
import { readText } from '../house/source-files.ts'

const page = readText('docs/install.md')

/** What a person who copies the page has: the variables, and the file that step 4 writes. AWS answers with an instance. */
test('the lines of docs/install.md write an environment that can be deployed, and name the stacks that it has', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ssofile-install-'))
  try {
    mkdirSync(join(folder, 'infra/environments'), { recursive: true })
    const lines = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block)
    const exports = lines.join('').match(/^export .*$/gm) ?? []
    const file = lines.filter((block) => block.startsWith('cat > '))
    expect(file).toHaveLength(1)
    const aws = "aws() { echo 'arn:aws:sso:::instance/ssoins-1234567890abcdef'; }"
    execFileSync('bash', ['-euc', [aws, ...exports, ...file].join('\n')], { cwd: folder })
    const environment = await readEnvironment(join(folder, 'infra/environments/production.json'))
    expect(environment).toMatchObject({ name: 'ssofile', bucket: { name: 'example-ssofile' } })
    const names = deploymentNames(environment)
    const stacks = [
      environment.name,
      names.guardRelay,
      ...[environment.region, names.organizationRegion].map((one) => names.forwarder(one)),
    ]
    const named = [...page.matchAll(/--stack (\S+)/g)].map(([, stack = '']) =>
      stack.replace('$AWS_REGION', environment.region),
    )
    expect(new Set(named)).toEqual(new Set(stacks))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
