import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { freePort, LocalProcess } from '../infra/local/local-process.ts'
import { compareFacts, type FactsFile, factsFile } from './facts.ts'
import { sandbox } from './sandbox.ts'

/**
 * `npm run contract -- --facts FILE [--only TEXT]`: plays the acceptance on the local system, or the steps whose names have
 * this text, and tells where its models say something else.
 */
const main = fileURLToPath(new URL('./main.ts', import.meta.url))

async function factsOfModels(directory: string, only: string): Promise<FactsFile> {
  const local = new LocalProcess(await freePort(), [])
  try {
    await local.ready()
    const file = join(directory, 'facts.json')
    const env = { ...process.env, AWS_ENDPOINT_URL: local.url, AWS_REGION: 'us-east-1' }
    const child = spawn(process.execPath, [main, ...sandbox, '--facts', file, '--only', only], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    await once(child, 'exit')
    return factsFile.parse(JSON.parse(readFileSync(file, 'utf8')))
  } finally {
    await local.kill()
  }
}

const { facts: file, only } = parseArgs({
  options: { facts: { type: 'string' }, only: { type: 'string', default: '' } },
}).values
if (file === undefined) {
  process.stderr.write('expected --facts FILE, which npm run acceptance wrote\n')
  process.exitCode = 2
} else {
  const directory = mkdtempSync(join(tmpdir(), 'ssofile-contract-'))
  try {
    const measured = factsFile.parse(JSON.parse(readFileSync(file, 'utf8')))
    const models = await factsOfModels(directory, only)
    const differences = compareFacts(measured.facts, models.facts)
    for (const one of differences)
      process.stdout.write(
        `${one.fact}: measured ${JSON.stringify(one.measured)}, the models say ${JSON.stringify(one.models)}\n`,
      )
    const unknown = Object.keys(measured.facts).filter((fact) => !(fact in models.facts))
    if (unknown.length > 0) process.stdout.write(`not played on the models: ${unknown.join(', ')}\n`)
    process.stdout.write(`${differences.length} facts of ${measured.of} differ from the models\n`)
    process.exitCode = differences.length === 0 ? 0 : 1
  } finally {
    rmSync(directory, { recursive: true })
  }
}
