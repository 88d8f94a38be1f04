/** Whether tests play all that they ask for: `DEPTH=whole npm test`. */
export const isWhole = process.env.DEPTH === 'whole'

/**
 * How much of a long series is left out: of a life that is played again for each call at which its process may die, `npm test`
 * plays every eleventh. Odd, so that what takes turns still does.
 */
export const stride = isWhole ? 1 : 11
