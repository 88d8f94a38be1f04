import type { Environment } from '../shared/domain/deployment/environment.ts'
import { kinds } from '../shared/domain/inputs/kinds.ts'
import { overlap } from '../shared/domain/text/glob.ts'
import { type Area, areasOf } from './areas-of-uploaders.ts'
import type { DeploymentNames } from './deployment-names.ts'
import { folderedOf, personalPrefixes, sharedPrefixesOf } from './places-of-people.ts'
import {
  accountOf,
  accountsOf,
  beginningsBeside,
  bytesOfPolicy,
  deny,
  type PolicyStatementJson,
  unless,
  writes,
} from './policy-statements.ts'

/**
 * Each folder has its own writers, and so has the rest of `links_data/`. There are two ways to say so, and the policy takes the shorter:
 * - each folder names its writers, or
 * - each folder names the accounts of its writers, and one statement names the role that writes links in all these accounts.
 */
export function denialsOfLinks(environment: Environment, names: DeploymentNames): readonly PolicyStatementJson[] {
  const byAccount = denialsByAccount(environment, names)
  const byWriter = denialsByWriter(environment, names)
  const bytes = (Statement: readonly PolicyStatementJson[]) => bytesOfPolicy({ Version: '2012-10-17', Statement })
  return byAccount !== undefined && bytes(byAccount) < bytes(byWriter) ? byAccount : byWriter
}

/**
 * The denial covers `links_data/` outside the declared folders. No pattern matches exactly that, so the statement names the other places
 * where people write.
 */
function outsideFolders(environment: Environment, names: DeploymentNames, ssofile: string): PolicyStatementJson {
  const { root, folders } = areasOf(environment)
  const shared = sharedPrefixesOf(environment).filter((prefix) => prefix !== root.prefix)
  const elsewhere = beginningsBeside([root.prefix], [...shared, ...personalPrefixes(), ...folderedOf(environment)])
  return deny('OutsideFolders', writes, {
    NotResource: objectsIn(names, [...folders.map(({ prefix }) => prefix), ...elsewhere]),
    ...unless([...root.writers, ssofile]),
  })
}

function denialsByWriter(environment: Environment, names: DeploymentNames): readonly PolicyStatementJson[] {
  const writersOfLinks = names.rolesThatWrite(kinds.link.at)
  return [
    outsideFolders(environment, names, names.anyRoleArn),
    ...areasOf(environment).folders.map(({ prefix, writers }) => only(names, prefix, [...writers, names.anyRoleArn])),
    // The statements above have room only for the beginning of role names; somebody else might create a role with such a name.
    deny('OnlyTheseWriteLinks', writes, {
      Resource: objectsIn(names, [kinds.link.at, kinds.membership.at]),
      Condition: { ArnLike: { 'aws:PrincipalArn': names.anyRoleArn }, ...unless(writersOfLinks).Condition },
    }),
  ]
}

/** `undefined`: folders do not share a role, or an account of theirs has another writer, so these statements would let in too many. */
function denialsByAccount(
  environment: Environment,
  names: DeploymentNames,
): readonly PolicyStatementJson[] | undefined {
  const { root, folders } = areasOf(environment)
  const role = commonRole(folders)
  if (role === undefined) return undefined
  const members = environment.access.memberships.flatMap(({ principals }) => principals)
  const others = [root, ...folders]
    .flatMap(({ writers }) => writers)
    .concat(members)
    .filter((arn) => nameOf(arn) !== role)
  const accountsOfOthers = accountsOf(others)
  const isByAccount = ({ writers }: Area) =>
    writers.every((arn) => nameOf(arn) === role && !accountsOfOthers.includes(accountOf(arn)))
  const inAccount = (account: string, name: string) => `arn:${names.partition}:iam::${account}:${name}`
  const writers = [inAccount('*', role), ...others]
  const rolesOfSsofile = nameOf(names.anyRoleArn)
  if (writers.some((arn) => overlap(nameOf(arn), rolesOfSsofile))) return undefined
  // In any account, which is shorter: the last statement names ssofile's roles, and no other writer has such a name.
  const ssofile = inAccount('*', rolesOfSsofile)
  return [
    outsideFolders(environment, names, ssofile),
    ...folders.map((area) => {
      const accounts = accountsOf(area.writers).map((account) => inAccount(account, '*'))
      return only(names, area.prefix, [...(isByAccount(area) ? accounts : area.writers), ssofile])
    }),
    deny('OnlyTheseWriteLinks', writes, {
      Resource: objectsIn(names, [kinds.link.at, kinds.membership.at]),
      ...unless([...writers, ...names.rolesThatWrite(kinds.link.at)]),
    }),
  ]
}

/** The name that writes in the most folders. */
function commonRole(folders: readonly Area[]): string | undefined {
  const byName = Map.groupBy(
    folders.flatMap(({ writers }) => [...new Set(writers.map(nameOf))]),
    (name) => name,
  )
  const [[most] = []] = [...byName].sort(([, some], [, others]) => others.length - some.length)
  return most
}

function only(names: DeploymentNames, prefix: string, principals: readonly string[]): PolicyStatementJson {
  return deny(undefined, writes, { Resource: objectsIn(names, [prefix]), ...unless(principals) })
}

function objectsIn({ bucketArn }: DeploymentNames, prefixes: readonly string[]): readonly string[] {
  return prefixes.map((prefix) => `${bucketArn}/${prefix}*`)
}

/** What follows the account in the ARN of a role or user. */
const nameOf = (arn: string): string => arn.split(':').slice(5).join(':')
