/** An instant as it stands in keys and bodies: UTC with milliseconds, so that text order is time order. */
export function renderInstant(at: Date): string {
  return at.toISOString()
}
