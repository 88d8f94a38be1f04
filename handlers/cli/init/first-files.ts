import { type Partition, partitionOf } from '../../../shared/domain/deployment/environment.ts'
import { renderFilePaths } from '../../../shared/domain/links/file-name.ts'
import { linkPrefix } from '../../../shared/domain/links/link.ts'
import { permissionSetPrefix } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { type Answers, listOf } from './questions.ts'

/** The files that `init` writes: the contents by path, from the folder on. The same answers give the same files. */
export function renderFirstFiles(answers: Answers): ReadonlyMap<string, string> {
  const { account, managementAccount, region, instanceArn, bucket, alarmAddress } = answers
  const { firstAccount, group, permissionSet } = answers
  const folders = listOf(answers.folders)
  const uploaders = listOf(answers.uploaders)
  const settings = {
    ...(folders.length > 0 && { folders }),
    ...(account === managementAccount && { includeManagementAccount: true }),
  }
  const environment = {
    account,
    managementAccount,
    region,
    instanceArn,
    bucket: { name: bucket },
    access: {
      uploaders: ['', ...folders].map((folder) => ({ folder, principals: uploaders })),
      permissionSetUploaders: uploaders,
      auditors: listOf(answers.auditors),
      operators: listOf(answers.operators),
    },
    alarmAddress,
    ...settings,
  }
  const link = `${linkPrefix}account%${firstAccount}%${permissionSet}%${group}%GROUP%ssofile`
  const inputs = new Map([
    [`${permissionSetPrefix}${permissionSet}.json`, render(readingSet(permissionSet, partitionOf(region)))],
    [link, ''],
  ])
  const paths = renderFilePaths(inputs.keys())
  return new Map([
    ['environment.json', render(environment)],
    ['configuration.json', render(settings)],
    ...[...inputs].map(([key, body]) => [`access/${paths.get(key) ?? key}`, body] as const),
  ])
}

function readingSet(permissionSetName: string, partition: Partition) {
  return {
    permissionSetName,
    description: 'Reads, and changes nothing',
    sessionDurationInMinutes: 60,
    managedPoliciesArnList: [`arn:${partition}:iam::aws:policy/job-function/ViewOnlyAccess`],
  }
}

function render(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
