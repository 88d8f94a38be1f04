import { functionNames, functionSettings } from '../shared/ports/deployment-settings.ts'
import {
  directoryActions,
  functionPermissions,
  identityCenterActions,
  memberActions,
  organizationsActions,
} from './function-permissions.ts'
import { uncalledRights } from './uncalled-rights.ts'

const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(' ') || '–'
const list = (service: string, actions: readonly string[]) =>
  actions
    .toSorted()
    .map((action) => `- \`${service}:${action}\``)
    .join('\n')

/** docs/permissions.md: what each function may do, for whoever has to approve it. */
export function renderPermissions(): string {
  const rows = functionNames.map((name) => {
    const {
      read = [],
      write = [],
      put = [],
      send = [],
      receive = [],
      organizations,
      directory,
      identityCenter,
    } = functionPermissions[name]
    const own = functionSettings[name].queue?.name
    const reads = read.some((prefix) => prefix === '') ? 'everything' : code(read)
    const services = [
      organizations && 'Organizations',
      directory === 'read' && 'Identity Store',
      directory === 'members' && 'Identity Store, with members of groups',
      identityCenter === 'change' && 'Identity Center',
      identityCenter === 'instance' && 'Identity Center: the instance',
    ].filter((service) => typeof service === 'string')
    const receives = code([...(own === undefined ? [] : [own]), ...receive])
    return `| \`${name}\` | ${reads} | ${code(write)} | ${code(put)} | ${receives} | ${code(send)} | ${services.join(', ') || '–'} |`
  })
  return `# Permissions

What the role of each function may do. Written by \`npm run permissions\` from \`infra/function-permissions.ts\`; the simulation fails for a call that is not
granted, and CI compares the table with every call of the end-to-end tests: a right that nothing uses stands at the end, with its reason. Every function may also list the bucket's names, read \`control/owner.json\`, read what it writes, use the key, and
write its own logs. \`api\` is deployed only where inputs come in by it, and writes only those.

| function | reads | puts and deletes | puts | receives from | sends to | calls |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

## Organizations

${list('organizations', Object.values(organizationsActions).flat())}

## Identity Store

${list('identitystore', directoryActions)}

With members of groups:

${list('identitystore', memberActions)}

## Identity Center

On the one instance, its permission sets, and accounts; \`ListInstances\` knows no resource.

${list('sso', ['ListInstances', ...identityCenterActions])}

Where a customer's key encrypts IAM Identity Center (\`identityCenterKeyArn\`), the functions that call it may also \`kms:Decrypt\` with that key: only through IAM
Identity Center for the one instance, and through the Identity Store of the organization.

In the management account, and only where links may name it, the dispatcher may also make the roles of Identity Center there: \`infra/function-policy.ts\`.

## Granted, and used by no end-to-end test

Not all of them in each run.

${uncalledRights.map(({ reason, of }) => `- ${of}: ${reason}`).join('\n')}
`
}
