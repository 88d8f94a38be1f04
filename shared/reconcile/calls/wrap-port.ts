/** The same port, with every call made through `around`. What is not a method stays as it is. */
export function wrapPort<P extends object>(
  port: P,
  around: (operation: string, call: () => Promise<unknown>) => Promise<unknown>,
  overrides: Partial<P> = {},
): P {
  return new Proxy(port, {
    get(_, operation) {
      if (Object.hasOwn(overrides, operation)) return Reflect.get(overrides, operation)
      const member: unknown = Reflect.get(port, operation)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => around(String(operation), () => Reflect.apply(member, port, args))
    },
  })
}
