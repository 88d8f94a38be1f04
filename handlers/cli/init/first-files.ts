import { type Partition, partitionOf } from '../../../shared/domain/deployment/environment.ts'
import { allKinds } from '../../../shared/domain/inputs/kinds.ts'
import { renderFilePaths } from '../../../shared/domain/links/file-name.ts'
import { linkPrefix } from '../../../shared/domain/links/link.ts'
import { permissionSetPrefix } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { renderJsonSchemas } from '../schemas/json-schemas.ts'
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
    ['.vscode/settings.json', render(editorSettings())],
    ...[...renderJsonSchemas()].map(([name, schema]) => [`${schemaFolder}${name}`, schema] as const),
  ])
}

/** The schemas beside the files, for editors. */
export const schemaFolder = 'schemas/'

/** Visual Studio Code completes and checks each kind of file. Some kinds have no `.json` at the end of their names. */
function editorSettings() {
  const own = ['environment', 'configuration'].map((file) => ({ file, match: `/${file}.json` }))
  const inputs = allKinds().flatMap(({ at, document }) =>
    document ? { file: document.file, match: `/access/${at}**` } : [],
  )
  return {
    'files.associations': Object.fromEntries(inputs.map(({ match }) => [`**${match}`, 'json'])),
    'json.schemas': [...own, ...inputs].map(({ file, match }) => ({
      ...{ fileMatch: [match], url: `./${schemaFolder}${file}.schema.json` },
    })),
  }
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
