import type { Command } from 'commander'
import { permissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalName } from '../../../shared/domain/principals/principal.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { describeOtherForm } from '../../../shared/domain/text/unicode-form.ts'
import { explainAccess } from '../../../shared/reconcile/preview/explain-access.ts'
import { readOwner } from '../../../shared/reconcile/records/owner.ts'
import { parseAccount } from '../arguments/parse-account.ts'
import { Refusal } from '../arguments/refusal.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { chooseConfiguration } from '../bucket/deployment.ts'
import { ProposedObjects } from '../plan/proposed-objects.ts'
import { renderJson } from '../terminal/render-json.ts'
import { show } from '../terminal/show.ts'
import { renderExplanation } from './render-explanation.ts'

type Options = { readonly config?: string; readonly json?: boolean }

/** `ssofile explain`: whether somebody has a permission set in an account, and why. */
export function addExplain(program: Command): void {
  program
    .command('explain')
    .argument('<account>', 'its twelve-digit id')
    .argument('<permission-set>', 'its name')
    .argument('<principal>', 'exact display name of a group, or exact user name; both are tried; or the id of one')
    .description(
      'Says whether the access is granted, by which links, who uploaded them and since when; what waits or failed, and why.\nIdentity Center is asked too, so access that no drift check has seen is told.\nFor a user also through groups. The bucket is SSOFILE_BUCKET.\nExit code 0: in force; 1: not in force; 2: wrong usage.',
    )
    .option('--config <file>', 'configuration file (JSON), if the bucket has no deployment')
    .option('--json', 'the answer as JSON')
    .addHelpText('after', '\nExample:\n  ssofile explain 233000000002 Billing-ps team-Accountants')
    .action(async (account: string, permissionSet: string, principal: string, options: Options) => {
      process.exitCode = await explain({ account, permissionSet, principal }, options)
    })
}

async function explain(
  asked: { readonly account: string; readonly permissionSet: string; readonly principal: string },
  options: Options,
): Promise<number> {
  const bucket = bucketOf(undefined)
  const bare = openCliPorts(bucket)
  const ports = { ...bare, objects: new ProposedObjects(bare.objects, bare.clock.now()) }
  const owner = await readOwner(ports.objects)
  const configuration = await chooseConfiguration(ports.objects, owner?.deployment, options.config)
  const permissionSet = permissionSetName.safeParse(asked.permissionSet)
  if (!permissionSet.success) {
    throw new Refusal(
      `received the permission set '${quote(asked.permissionSet)}', expected a name of 1 to 32 letters, digits or _ + = , . @ -`,
    )
  }
  const principal = principalName.safeParse(asked.principal)
  if (!principal.success) throw new Refusal('received an empty principal, expected the name of a group or a user')
  const other = describeOtherForm(asked.principal)
  if (other !== undefined) process.stderr.write(`note: ${other}\n`)
  const account = await parseAccount(asked.account, ports, configuration.folders)
  const answer = await explainAccess(
    { account, permissionSet: permissionSet.data, principal: principal.data },
    ports,
    configuration,
  )
  if (options.json) process.stdout.write(renderJson(answer))
  else await show(renderExplanation(answer))
  return [...answer.direct, ...answer.throughGroups].some(({ isInForce }) => isInForce) ? 0 : 1
}
