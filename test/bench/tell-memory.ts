import { writeSync } from 'node:fs'

/** Loaded into a command before it starts: at its end it writes the most memory that it ever had to descriptor 3, in kibibytes. */
process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)))
