import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bareEnvironment } from '../end-to-end/local-system.ts'
import { runSsofile } from '../end-to-end/run-program.ts'
import { atMost, type Benchmark, exactly, parseNumbers, quantile } from './benchmark.ts'

const mostSeconds = 2
const rounds = 5

/** How long `ssofile validate` takes for a folder of valid files, from its start to its end. */
export const validate: Benchmark = {
  name: 'validate',
  usage: 'validate --files 10000',
  summary: `ssofile validate of a folder; 10,000 files take less than ${mostSeconds} s`,
  clock: 'machine',
  run: async (options) => {
    const { files } = parseNumbers(options, { files: 10_000 })
    const folder = await writeFolder(files)
    const seconds: number[] = []
    let said = ''
    let invalid = 0
    try {
      for (let round = 0; round < rounds; round++) {
        const started = performance.now()
        const { exitCode, stdout } = await runSsofile(['validate', folder], bareEnvironment())
        seconds.push((performance.now() - started) / 1000)
        said = stdout.trim()
        if (exitCode !== 0) invalid++
      }
    } finally {
      await rm(folder, { recursive: true })
    }
    const median = quantile(seconds, 0.5)
    return {
      lines: [
        said,
        `${files} files: median ${median.toFixed(2)} s of ${rounds}, at most ${Math.max(...seconds).toFixed(2)} s`,
      ],
      figures: [
        exactly(0, { figure: 'rounds in which a file was found not valid', value: invalid, unit: '' }),
        atMost(mostSeconds, { figure: 'median', value: median, unit: 's' }),
      ],
    }
  },
}

/** One file in a hundred is a permission set; one link in ten has a body. */
async function writeFolder(files: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ssofile-bench-'))
  await mkdir(join(folder, 'links_data'))
  await mkdir(join(folder, 'permission_sets'))
  const sets = Math.ceil(files / 100)
  for (let index = 0; index < sets; index++) {
    const permissionSet = {
      permissionSetName: `Set-${index}`,
      description: 'Day-to-day operation',
      sessionDurationInMinutes: '240',
      managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
      inlinePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 's3:Get*', Resource: '*' }],
      },
    }
    await writeFile(join(folder, 'permission_sets', `Set-${index}.json`), JSON.stringify(permissionSet, undefined, 2))
  }
  for (let index = 0; index < files - sets; index++) {
    const account = String(index).padStart(12, '0')
    const name = `account%${account}%Set-${index % sets}%Équipe ${index} 50% nights%GROUP%ssofile`
    const body = index % 10 === 0 ? '{ "reason": "on call", "expiresAt": "2099-12-24T18:00:00+01:00" }' : ''
    await writeFile(join(folder, 'links_data', name), body)
  }
  return folder
}
