/** What is written to the standard streams meanwhile, and does not get there. */
export function writtenLines(write: () => void): readonly string[] {
  const lines: string[] = []
  const streams = [process.stdout, process.stderr]
  const before = streams.map((stream) => stream.write)
  const keep = (chunk: unknown) => {
    lines.push(String(chunk))
    return true
  }
  for (const stream of streams) stream.write = keep
  try {
    write()
  } finally {
    for (const [index, stream] of streams.entries()) stream.write = before[index] ?? keep
  }
  return lines
}
