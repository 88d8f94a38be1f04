import { createRequire, flushCompileCache, registerHooks } from 'node:module'
import { speakFor } from './jest-globals.ts'

const load = createRequire(import.meta.url)
type JestRuntime = typeof import('jest-runtime', { with: { 'resolution-mode': 'require' }})
const { default: Runtime } = load('jest-runtime') as JestRuntime
const globals = new URL('jest-globals.ts', import.meta.url).href
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@jest/globals' ? { url: globals, shortCircuit: true } : next(specifier, context),
})

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
    delete load.cache[path]
    Reflect.deleteProperty(globalThis, Symbol.for('EVENT_HANDLERS'))
    return load(path)
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
