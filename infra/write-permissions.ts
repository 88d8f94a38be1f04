import { writeFileSync } from 'node:fs'
import { renderPermissions } from './render-permissions.ts'

/** `npm run permissions`. */
writeFileSync(new URL('../docs/permissions.md', import.meta.url), renderPermissions())
