/** The form of instants in keys and bodies: UTC with milliseconds, so text order is time order. */
export function renderInstant(at: Date): string {
  return at.toISOString()
}

/** The instant of what came before something that happens now: history is read in the order of its instants. */
export function renderJustBefore(now: Date): string {
  return renderInstant(new Date(now.getTime() - 1))
}
