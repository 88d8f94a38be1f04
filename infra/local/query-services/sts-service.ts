import type { MemoryIam } from '../../../shared/memory/iam/memory-iam.ts'
import { arnOfSession, type PersonSessions, principalIdOf } from '../../../shared/memory/iam/person-sessions.ts'
import { Refusal } from '../../../shared/memory/refusal.ts'
import { xmlElement } from '../s3/xml-text.ts'
import type { QueryOperation } from './query-operation.ts'

/** STS API Reference, "GetCallerIdentity" and "AssumeRole". fauxqs would always answer the account of its queues. */
export function stsOperations(
  iam: MemoryIam,
  sessions: PersonSessions | undefined,
): Readonly<Record<string, QueryOperation>> {
  return {
    GetCallerIdentity(_, { accessKeyId, account }) {
      const person = sessions?.of(accessKeyId)
      if (person !== undefined)
        return [
          xmlElement('Arn', arnOfSession(person)),
          xmlElement('UserId', principalIdOf(person)),
          xmlElement('Account', person.account),
        ].join('')
      const session = iam.sessionOf(accessKeyId)
      const [role, name] = session ? [session.roleName, session.sessionName] : [accessKeyId, 'local']
      return [
        xmlElement('Arn', `arn:aws:sts::${account}:assumed-role/${role}/${name}`),
        xmlElement('UserId', `${accessKeyId}:${name}`),
        xmlElement('Account', account),
      ].join('')
    },
    AssumeRole({ RoleArn = '', RoleSessionName = '' }) {
      if (RoleArn === '' || RoleSessionName === '')
        throw new Refusal('sts', 'ValidationError', 'RoleArn and RoleSessionName must not be null')
      const { account, roleName, sessionName, accessKeyId, expiresAt } = iam.assumeRole(RoleArn, RoleSessionName)
      const credentials = [
        xmlElement('AccessKeyId', accessKeyId),
        xmlElement('SecretAccessKey', 'local'),
        xmlElement('SessionToken', `local ${accessKeyId}`),
        xmlElement('Expiration', expiresAt.toISOString()),
      ].join('')
      const user = [
        xmlElement('Arn', `arn:aws:sts::${account}:assumed-role/${roleName}/${sessionName}`),
        xmlElement('AssumedRoleId', `${accessKeyId}:${sessionName}`),
      ].join('')
      return `<Credentials>${credentials}</Credentials><AssumedRoleUser>${user}</AssumedRoleUser>`
    },
  }
}
