import { config } from 'zod'

/** The page's policy allows no code made from text, and browsers report also an attempt that is caught. Schemas are made without it. */
config({ jitless: true })
