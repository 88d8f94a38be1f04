import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSabotage } from './build-sabotage.ts'
import { numberOf, promises } from './promises/violation.ts'
import { type Sabotage, sabotages } from './sabotages.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const seed = 1

/** `npm run simulate -- --sabotage`: each defect, built into a copy of the product, must be found. */
export async function tellSabotages(only: string | undefined, runsMost: number): Promise<boolean> {
  const waiting = sabotages.filter(({ name }) => only === undefined || name.includes(only))
  const total = waiting.length
  let missed = 0
  const work = async () => {
    for (let sabotage = waiting.shift(); sabotage; sabotage = waiting.shift()) {
      const found = await tryToFind(sabotage, runsMost).catch((error: Error) => error)
      const isFound = typeof found === 'string'
      if (!isFound) missed++
      // A copy that dies has broken no promise: the others are tried all the same.
      process.stdout.write(
        `${sabotage.name.padEnd(80)} ${isFound ? found : `MISSED: ${found?.message ?? `in ${runsMost} runs`}`}\n`,
      )
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  process.stdout.write(`${total - missed} of ${total} found\n`)
  return missed === 0
}

type Find = { readonly index: number; readonly promise: string }

async function tryToFind(sabotage: Sabotage, runsMost: number): Promise<string | undefined> {
  const copy = mkdtempSync(join(tmpdir(), 'sabotage-'))
  try {
    for (const folder of ['shared', 'handlers', 'infra', 'fixtures', 'test'])
      cpSync(join(root, folder), join(copy, folder), { recursive: true })
    cpSync(join(root, 'package.json'), join(copy, 'package.json'))
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
    const file = join(copy, sabotage.file)
    writeFileSync(file, buildSabotage(readFileSync(file, 'utf8'), sabotage))
    return await findOwn(copy, sabotage, runsMost)
  } finally {
    rmSync(copy, { recursive: true })
  }
}

/** A life that breaks a promise without the defect as well proves nothing about it: the search goes on after it. */
async function findOwn(
  copy: string,
  { breaks, profile, isHealedBySweep: noSweep = false }: Sabotage,
  runsMost: number,
): Promise<string | undefined> {
  for (let first = 0; first < runsMost; ) {
    const found = await runMain({ folder: copy, breaks, profile, noSweep, first, runs: runsMost - first })
    if (!found) return undefined
    const runs = found.index + 1
    const unchanged = await runMain({ folder: root, breaks, profile, noSweep, first: found.index, runs: 1 })
    if (!unchanged) return `found after ${runs} run${runs === 1 ? '' : 's'}, by promise ${found.promise}`
    first = runs
  }
  return undefined
}

type Part = {
  readonly folder: string
  readonly breaks: Sabotage['breaks']
  readonly profile: Sabotage['profile']
  readonly noSweep: boolean
  /** Which of the seed's runs comes first. */
  readonly first: number
  readonly runs: number
}

/** The first run that breaks one of the promises, counted from the seed's first; `undefined`: none does. */
function runMain({ folder, breaks, profile, noSweep, first, runs }: Part): Promise<Find | undefined> {
  return new Promise((resolve, reject) => {
    const args = [
      'test/simulation/main.ts',
      '--runs',
      String(runs),
      '--seed',
      String(seed),
      '--path',
      String(first),
      '--no-shrink',
      ...(noSweep ? ['--no-sweep'] : []),
      ...(profile ? ['--profile', profile] : []),
      '--promises',
      breaks.map((promise) => numberOf(promises[promise])).join(','),
    ]
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk) => (output += String(chunk)))
    child.stderr.on('data', (chunk) => (output += String(chunk)))
    child.once('error', reject)
    child.once('close', () => {
      const index = / --path (\d+) /.exec(output)?.[1]
      const promise = /^(\d+ [A-Z][^:]*):/m.exec(output)?.[1]
      if (/^violations: 0$/m.test(output)) resolve(undefined)
      else if (index && promise) resolve({ index: Number(index), promise })
      else reject(new Error(`the simulation of a sabotaged copy ended without a verdict:\n${output.slice(-2000)}`))
    })
  })
}
