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

/** Most are found by few lives; what these miss is looked for in the regressions, and only then in many lives. */
async function findOwn(copy: string, sabotage: Sabotage, runsMost: number): Promise<string | undefined> {
  const few = Math.min(runsMost, 300)
  return (
    (await findInLives(copy, sabotage, { first: 0, end: few })) ??
    (await findInRegressions(copy, sabotage)) ??
    (await findInLives(copy, sabotage, { first: few, end: runsMost }))
  )
}

/** A life that breaks a promise without the defect as well proves nothing about it: the search goes on after it. */
async function findInLives(
  copy: string,
  sabotage: Sabotage,
  { first, end }: { readonly first: number; readonly end: number },
): Promise<string | undefined> {
  const { profile } = sabotage
  const run = async (folder: string, from: number, runs: number): Promise<Find | undefined> => {
    const kind = profile ? ['--profile', profile] : []
    const lives = ['--runs', String(runs), '--seed', String(seed), '--path', String(from), '--no-shrink', ...kind]
    const output = await runMain(folder, sabotage, lives)
    const index = / --path (\d+) /.exec(output)?.[1]
    const promise = /^(\d+ [A-Z][^:]*):/m.exec(output)?.[1]
    return index && promise ? { index: Number(index), promise } : undefined
  }
  for (let from = first; from < end; ) {
    const found = await run(copy, from, end - from)
    if (!found) return undefined
    const runs = found.index + 1
    if (!(await run(root, found.index, 1)))
      return `found after ${runs} run${runs === 1 ? '' : 's'}, by promise ${found.promise}`
    from = runs
  }
  return undefined
}

/** Without sweeps some of them break a promise in the unchanged product as well. */
async function findInRegressions(copy: string, sabotage: Sabotage): Promise<string | undefined> {
  const brokenIn = async (folder: string): Promise<readonly string[]> => {
    const output = await runMain(folder, sabotage, ['--regressions'])
    return [...output.matchAll(/^regression: (.*)$/gm)].map(([, name = '']) => name)
  }
  const broken = await brokenIn(copy)
  if (broken.length === 0) return undefined
  const unchanged = await brokenIn(root)
  const own = broken.find((name) => !unchanged.includes(name))
  return own && `found by the regression '${own}'`
}

/** What it says of the promises that this sabotage breaks. */
function runMain(folder: string, { breaks, isHealedBySweep }: Sabotage, options: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const numbers = breaks.map((promise) => numberOf(promises[promise])).join(',')
    const args = [
      'test/simulation/main.ts',
      ...options,
      '--promises',
      numbers,
      ...(isHealedBySweep ? ['--no-sweep'] : []),
    ]
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk) => (output += String(chunk)))
    child.stderr.on('data', (chunk) => (output += String(chunk)))
    child.once('error', reject)
    child.once('close', () => {
      if (/^violations: \d+$/m.test(output)) resolve(output)
      else reject(new Error(`the simulation of a sabotaged copy ended without a verdict:\n${output.slice(-2000)}`))
    })
  })
}
