import type { Command } from 'commander'
import { addBreakGlassCheck } from './break-glass-check.ts'
import { addBreakGlassDrill } from './break-glass-drill.ts'
import { addBreakGlassEvidence } from './break-glass-evidence.ts'

/** `ssofile break-glass`: checks, drills and evidence. `npm run break-glass` deploys it; ssofile does not. */
export function addBreakGlass(program: Command): void {
  const group = program
    .command('break-glass')
    .description(
      'Access for emergencies: IAM users and roles outside IAM Identity Center. You define them in a file of a checkout and deploy them yourself (npm run break-glass). These commands need neither the bucket nor IAM Identity Center. In an emergency, follow docs/break-glass.md.',
    )
  addBreakGlassCheck(group)
  addBreakGlassDrill(group)
  addBreakGlassEvidence(group)
}
