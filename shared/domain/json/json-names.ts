/** The keys `<prefix><name>.json`, and the names in them, which may be invalid. ssofile ignores other objects under the prefix. */
export const jsonNames = <Name extends string = string>(prefix: string) => ({
  keyOf: (name: Name) => `${prefix}${name}.json`,
  nameIn: (key: string) => key.slice(prefix.length, -'.json'.length),
  isKey: (key: string) => key.startsWith(prefix) && /^[^/]+\.json$/.test(key.slice(prefix.length)),
})
