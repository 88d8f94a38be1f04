/** Minutes in ISO 8601, as in Identity Center: 240 is `PT4H`, 90 is `PT1H30M`. */
export function renderSessionDuration(minutes: number): string {
  const hours = Math.floor(minutes / 60)
  const rest = minutes % 60
  return `PT${hours > 0 ? `${hours}H` : ''}${rest > 0 || hours === 0 ? `${rest}M` : ''}`
}

/** The minutes of `PT4H`, `PT1H30M` or `PT3600S`. `undefined`: not whole minutes, so a file cannot express it. */
export function parseSessionDuration(text: string): number | undefined {
  const match = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(text)
  if (match === null || text === 'PT') return undefined
  const [, hours = '0', minutes = '0', seconds = '0'] = match
  const total = Number(hours) * 60 + Number(minutes) + Number(seconds) / 60
  return Number.isInteger(total) ? total : undefined
}
