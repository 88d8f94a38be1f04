/** Makes one call of a port. */
type Around = (operation: string, call: () => Promise<unknown>) => Promise<unknown>

/** A port that makes every call of this one through `around`. Members that are no methods stay as they are. */
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

const wrapped = new WeakSet<object>()

/** Like `wrapPort`, but returns a port unchanged that is wrapped already, so that all its users share one rate. */
export function wrapOnce<P extends object>(port: P, openAround: () => Around): P {
  if (wrapped.has(port)) return port
  return asWrapped(wrapPort(port, openAround()))
}

/** Marks a port whose calls need no wrapping, such as one that calls nobody. */
export function asWrapped<P extends object>(port: P): P {
  wrapped.add(port)
  return port
}
