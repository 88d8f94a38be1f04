/**
 * How much of a long series is left out: of a life that is played again for each call at which its process may die, `npm test`
 * plays every fifth. `DEPTH=whole npm test` plays all that a test asks for, as CI does. Odd, so that what takes turns still does.
 */
export const stride = process.env.DEPTH === 'whole' ? 1 : 5
