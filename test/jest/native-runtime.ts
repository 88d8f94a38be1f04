import { readFileSync } from 'node:fs'
import { createRequire, flushCompileCache, registerHooks } from 'node:module'
import { dirname } from 'node:path'
import { compileFunction } from 'node:vm'
import { speakFor } from './jest-globals.ts'

const load = createRequire(import.meta.url)
type JestRuntime = typeof import('jest-runtime', { with: { 'resolution-mode': 'require' }})
const { default: Runtime } = load('jest-runtime') as JestRuntime
const globals = new URL('jest-globals.ts', import.meta.url).href
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@jest/globals' ? { url: globals, shortCircuit: true } : next(specifier, context),
})

type Begin = () => { readonly exports: unknown }
const begins = new Map<string, Begin>()

/** A module of CommonJS that begins again with each call. Node would read, compile and resolve it again for each test file: 3 ms. */
function readModule(path: string): Begin {
  const parameters = ['exports', 'require', 'module', '__filename', '__dirname']
  const run = compileFunction(readFileSync(path, 'utf8'), parameters, { filename: path })
  const loadFrom = createRequire(path)
  const required = new Map<string, unknown>()
  const requireOnce = Object.assign((name: string): unknown => {
    if (!required.has(name)) required.set(name, loadFrom(name))
    return required.get(name)
  }, loadFrom)
  return () => {
    const module = { exports: {} }
    run(module.exports, requireOnce, module, path, dirname(path))
    return module
  }
}

/**
 * Node loads the test files itself, as it does the product, and what a worker has loaded serves all its test files. Jest
 * would load every module again for each of them, into a sandbox; that was half of the time. So a test must leave nothing
 * behind that tests of another file can see: the environment, the state of a module.
 */
export default class NativeRuntime extends Runtime {
  constructor(...given: ConstructorParameters<typeof Runtime>) {
    super(...given)
    const { watch, watchAll } = given[7]
    if (watch || watchAll) throw new Error('jest --watch would not see changes: what is loaded stays; run it without')
  }

  /** Of Jest itself only what holds the tests of one file begins again. */
  override requireInternalModule<T>(path: string): T {
    Reflect.deleteProperty(globalThis, Symbol.for('EVENT_HANDLERS'))
    const begin = begins.get(path) ?? readModule(path)
    begins.set(path, begin)
    return begin().exports as T
  }

  override setGlobalsForRuntime(given: Parameters<typeof speakFor>[0]): void {
    speakFor(given)
  }

  /** Jest ends a worker before Node would keep what the worker has compiled. */
  override teardown(): void {
    flushCompileCache()
    super.teardown()
  }

  override unstable_shouldLoadAsEsm(): boolean {
    return false
  }

  override requireModule<T>(path: string): T {
    return load(path)
  }
}
