/**
 * Test files run in the process as it is (native-runtime.ts), so none needs a sandbox of its own: making one took 10 ms for each file.
 */
export default class SharedEnvironment {
  /** What Jest would give to the sandbox: nobody looks there. */
  readonly global = {}
  readonly fakeTimers = null
  readonly fakeTimersModern = null
  readonly moduleMocker = { restoreAllMocks: () => {} }

  async setup(): Promise<void> {}

  async teardown(): Promise<void> {}

  getVmContext(): null {
    return null
  }
}
