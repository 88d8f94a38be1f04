import { spawnSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import type { FunctionEnvironment } from '../../handlers/entry/open-deployment.ts'
import { workedQueues } from '../../shared/ports/queues.ts'

/** What a deployed function finds in its environment. */
export const functionEnvironment: FunctionEnvironment & { readonly AWS_REGION: string } = {
  AWS_REGION: 'eu-west-1',
  SSOFILE_DEPLOYMENT: 'ssofile',
  SSOFILE_BUCKET: 'ssofile',
  SSOFILE_INSTANCE_ARN: 'arn:aws:sso:::instance/ssoins-1234567890abcdef',
  SSOFILE_BUS: 'ssofile-outcomes',
  SSOFILE_TOPIC_ARN: 'arn:aws:sns:eu-west-1:111122223333:ssofile-notifications',
  SSOFILE_PAGE_ORIGIN: 'https://access.example.com',
  SSOFILE_QUEUE_URLS: JSON.stringify(
    Object.fromEntries(
      workedQueues.map((queue) => [queue, `https://sqs.eu-west-1.amazonaws.com/111122223333/${queue}`]),
    ),
  ),
}

/** What a script prints in a fresh process, as Lambda starts one; `load` imports the bundle there. Throws what it writes to stderr. */
export function runBundle(file: string, variables: object, script: string): string {
  const load = `const load = () => import('${pathToFileURL(file).href}')`
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', `${load}\n${script}`], {
    encoding: 'utf8',
    env: { ...variables },
  })
  if (child.status !== 0) throw new Error(child.stderr)
  return child.stdout.trim()
}
