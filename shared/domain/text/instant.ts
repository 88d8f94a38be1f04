/** The form of instants in keys and bodies: UTC with milliseconds, so text order is time order. */
export function renderInstant(at: Date): string {
  return at.toISOString()
}
