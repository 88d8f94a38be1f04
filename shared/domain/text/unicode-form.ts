const toHex = (text: string): string =>
  [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')

/**
 * The bytes of a name that differ from the composed form (Unicode NFC), which links use. Both look the same on a screen. `undefined`: the
 * name is composed.
 */
export function describeOtherForm(name: string): string | undefined {
  const composed = name.normalize('NFC')
  if (name === composed) return undefined
  const [received, expected] = [[...name], [...composed]]
  const start = received.findIndex((character, index) => character !== expected[index])
  let end = 1
  while (received.at(-end) === expected.at(-end) && end <= expected.length - start) end++
  const middle = (all: readonly string[]) => all.slice(start, all.length - end + 1).join('')
  return `'${name}' has other bytes than in links: received ${toHex(middle(received))} from its ${start + 1}. letter on, expected ${toHex(middle(expected))} (Unicode NFC); ask for '${composed}'`
}
