import { config } from 'zod'

/** For the page, whose policy allows no code made from text. Browsers report also an attempt that is caught. */
config({ jitless: true })
