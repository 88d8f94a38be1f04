import { config } from 'zod'

/** The page's policy forbids code made from text, and browsers report even an attempt that zod catches. Only the page imports this. */
config({ jitless: true })
