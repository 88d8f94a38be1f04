/** Makes one call of a port. */
type Around = (operation: string, call: () => Promise<unknown>) => Promise<unknown>

/** The same port, with every call made through `around`. What is not a method stays as it is. */
export function wrapPort<P extends object>(port: P, around: Around, overrides: Partial<P> = {}): P {
  return new Proxy(port, {
    get(_, operation) {
      if (Object.hasOwn(overrides, operation)) return Reflect.get(overrides, operation)
      const member: unknown = Reflect.get(port, operation)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => around(String(operation), () => Reflect.apply(member, port, args))
    },
  })
}

/** Wraps each port once: whoever asks again, with the port or with what came of it, gets the same, so all share its rate. */
export function wrapperOf<P extends object>(): (port: P, openAround: () => Around) => P {
  const wrapped = new WeakMap<P, P>()
  return (port, openAround) => {
    const known = wrapped.get(port)
    if (known) return known
    const made = wrapPort(port, openAround())
    wrapped.set(port, made)
    wrapped.set(made, made)
    return made
  }
}
