import type { Environment } from '../shared/domain/deployment/environment.ts'
import { kinds } from '../shared/domain/inputs/kinds.ts'
import { temporaryPrefix } from '../shared/domain/links/link.ts'
import type { DeploymentNames } from './deployment-names.ts'
import { folderedOf, ownId, personalPrefixes, sharedPrefixesOf } from './places-of-people.ts'
import { beginningsBeside, deny, type PolicyStatementJson, unless, writes } from './policy-statements.ts'

/**
 * Limits the writers of requests, approvals and decisions, and of the links that ssofile makes from them. People write under their own id;
 * operators also end requests of others.
 */
export function denialsOfRequests(environment: Environment, names: DeploymentNames): readonly PolicyStatementJson[] {
  return [
    ...denialsOfOthersFiles(environment, names),
    ...denialsOfStrangers(environment, names),
    deny('OnlyRequestsGrant', writes, {
      Resource: [`${names.bucketArn}/${temporaryPrefix}*`],
      ...unless(names.rolesThatWrite(temporaryPrefix)),
    }),
  ]
}

const otherPersonalPrefixes = () => personalPrefixes().filter((prefix) => prefix !== kinds.request.at)

/**
 * For sessions of Identity Center, which have an id. No pattern matches everybody else's keys, so `NotResource` names the other places
 * where people write.
 */
function denialsOfOthersFiles(environment: Environment, names: DeploymentNames): readonly PolicyStatementJson[] {
  const signedIn = { ArnLike: { 'aws:PrincipalArn': names.sessionArnsOf('*') } }
  const places = [...sharedPrefixesOf(environment), ...folderedOf(environment), ...personalPrefixes()]
  const exceptOwn = (own: readonly string[]) => {
    const elsewhere = beginningsBeside(
      own,
      places.filter((prefix) => !own.includes(prefix)),
    )
    return [...elsewhere, ...own.map((prefix) => prefix + ownId)].map((prefix) => `${names.bucketArn}/${prefix}*`)
  }
  const ownRequests = exceptOwn([kinds.request.at])
  return [
    deny('PeopleApproveOwn', writes, { NotResource: exceptOwn(otherPersonalPrefixes()), Condition: signedIn }),
    deny('PeopleAskOwn', ['s3:PutObject'], { NotResource: ownRequests, Condition: signedIn }),
    deny('PeopleEndTheirOwn', ['s3:DeleteObject'], {
      NotResource: ownRequests,
      Condition: { ...signedIn, ...unless(environment.access.operators).Condition },
    }),
  ]
}

/** For everybody else, who has no id: statements without a variable. */
function denialsOfStrangers(environment: Environment, names: DeploymentNames): readonly PolicyStatementJson[] {
  const { access, provisioning, account } = environment
  const objects = (prefixes: readonly string[]) => prefixes.map((prefix) => `${names.bucketArn}/${prefix}*`)
  const accounts = provisioning.requests === 'api' ? [] : access.requestAccounts
  const people = accounts.length === 0 ? [] : [names.sessionArnsOf('*')]
  const askers = [...people, ...names.rolesThatWrite(kinds.request.at)]
  // This policy allows sessions of other accounts nothing unless it names their account.
  const unnamed = [...new Set([account, names.bucketAccount])].filter((own) => !accounts.some((one) => one === own))
  const requests = objects([kinds.request.at])
  return [
    deny('OnlyPeopleApprove', writes, { Resource: objects(otherPersonalPrefixes()), ...unless(askers) }),
    deny('OnlyPeopleAsk', ['s3:PutObject'], { Resource: requests, ...unless(askers) }),
    deny('OnlyPeopleEnd', ['s3:DeleteObject'], { Resource: requests, ...unless([...askers, ...access.operators]) }),
    ...(unnamed.length === 0
      ? []
      : [
          deny('NobodyHereAsks', ['s3:PutObject'], {
            Resource: objects(personalPrefixes()),
            Condition: { ArnLike: { 'aws:PrincipalArn': unnamed.map((own) => names.sessionArnsOf(own)) } },
          }),
        ]),
  ]
}
