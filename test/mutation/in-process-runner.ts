import { globSync } from 'node:fs'
import { createRequire, registerHooks } from 'node:module'
import { basename, resolve } from 'node:path'
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin'
import {
  type DryRunOptions,
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestResult,
  type TestRunner,
  TestStatus,
} from '@stryker-mutator/api/test-runner'
import './few-property-runs.ts'
import { type CollectedTest, collectedTests, collectFrom } from './test-globals.ts'

/** How Stryker's instrumented code and whoever runs it speak to each other. */
type Switch = {
  activeMutant?: string | undefined
  currentTestId?: string | undefined
  mutantCoverage?: Extract<DryRunResult, { status: DryRunStatus.Complete }>['mutantCoverage']
  hitCount?: number | undefined
  hitLimit?: number | undefined
}

const mutants: Switch = {}
/** A mutant that its tests do not notice in this time of the processor counts as one that survives. */
const patienceMs = 1_000 * Number(process.env.MUTATION_SECONDS ?? Number.POSITIVE_INFINITY)
/** Tests of these names take too long to try mutants on. */
const without = process.env.MUTATION_WITHOUT === undefined ? undefined : new RegExp(process.env.MUTATION_WITHOUT)
Object.assign(globalThis, { __stryker__: mutants })

/**
 * Tries mutants without Jest: the files are loaded once, mutants are switched on and off at run time, only the tests
 * that reach a mutant are run, the most worthwhile first, and no more of them after one fails. On virtual time a test takes
 * a tenth of a second, and loading all again for each mutant would take ten times as long. A test that never ends is
 * ended by Stryker, which starts the process again.
 */
class InProcessRunner implements TestRunner {
  readonly #tests = new Map<string, CollectedTest>()
  readonly #milliseconds = new Map<string, number>()
  /** How many mutants each test has noticed. */
  readonly #noticed = new Map<string, number>()

  capabilities() {
    return { reloadEnvironment: false }
  }

  async init(): Promise<void> {
    const globals = new URL('test-globals.ts', import.meta.url).href
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier === '@jest/globals' ? { url: globals, shortCircuit: true } : next(specifier, context),
    })
    const load = createRequire(import.meta.url)
    for (const file of listTestFiles()) {
      collectFrom(basename(file, '.test.ts'))
      load(resolve(file))
    }
    for (const one of collectedTests) if (!without?.test(one.name)) this.#tests.set(one.name, one)
  }

  async dryRun(_: DryRunOptions): Promise<DryRunResult> {
    const tests: TestResult[] = []
    for (const [id, { name }] of this.#tests) {
      mutants.currentTestId = id
      const failure = await this.#run(id)
      const timeSpentMs = this.#milliseconds.get(id) ?? 0
      tests.push(
        failure === undefined
          ? { id, name, timeSpentMs, status: TestStatus.Success }
          : { id, name, timeSpentMs, status: TestStatus.Failed, failureMessage: failure },
      )
    }
    mutants.currentTestId = undefined
    const { mutantCoverage } = mutants
    return { status: DryRunStatus.Complete, tests, ...(mutantCoverage === undefined ? {} : { mutantCoverage }) }
  }

  async mutantRun({ activeMutant, testFilter, hitLimit }: MutantRunOptions): Promise<MutantRunResult> {
    // A test that noticed others before is worth its time.
    const price = (id: string) => (this.#milliseconds.get(id) ?? 0) / (1 + (this.#noticed.get(id) ?? 0))
    const ids = (testFilter ?? [...this.#tests.keys()]).toSorted((a, b) => price(a) - price(b))
    Object.assign(mutants, { activeMutant: activeMutant.id, hitCount: hitLimit && 0, hitLimit })
    const endMs = processorMs() + patienceMs
    for (const [index, id] of ids.entries()) {
      if (processorMs() > endMs) return { status: MutantRunStatus.Survived, nrOfTests: index }
      const failureMessage = await this.#run(id)
      const hit = determineHitLimitReached(mutants.hitCount, hitLimit)
      if (hit) return { status: MutantRunStatus.Timeout, ...(hit.reason === undefined ? {} : { reason: hit.reason }) }
      if (failureMessage !== undefined) {
        this.#noticed.set(id, (this.#noticed.get(id) ?? 0) + 1)
        return { status: MutantRunStatus.Killed, killedBy: [id], failureMessage, nrOfTests: index + 1 }
      }
    }
    return { status: MutantRunStatus.Survived, nrOfTests: ids.length }
  }

  /** What it fails with, or nothing. */
  async #run(id: string): Promise<string | undefined> {
    const startedMs = processorMs()
    try {
      await this.#tests.get(id)?.run()
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    } finally {
      this.#milliseconds.set(id, processorMs() - startedMs)
    }
  }
}

/** What else the machine does meanwhile does not count. */
function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** Those that MUTATION_TESTS names: `plan` is `plan.test.ts` among the tests of pure rules, `reconcile/calls/*` all of that folder. */
function listTestFiles(): readonly string[] {
  const names = process.env.MUTATION_TESTS?.split(',') ?? ['*']
  const folders = (name: string) => (name.includes('/') ? [''] : ['domain/**/', 'modules/*/rules/**/'])
  const patterns = names.flatMap((name) => folders(name).map((folder) => `test/shared/${folder}${name}.test.ts`))
  // What takes how long says nothing about a mutant.
  return globSync(patterns)
    .filter((file) => !file.includes('linear-time'))
    .sort()
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner)]
