import { readFileSync } from 'node:fs'
import type { Context } from 'aws-lambda'
import * as z from 'zod'
import { AwsAccountTags } from '../../shared/aws/aws-account-tags.ts'
import { openAwsPorts } from '../../shared/aws/aws-ports.ts'
import { PowertoolsLog } from '../../shared/aws/powertools-log.ts'
import { PowertoolsMetrics } from '../../shared/aws/powertools-metrics.ts'
import { configuration as configurationSchema } from '../../shared/domain/deployment/configuration.ts'
import { functionNames, tagReaderOf } from '../../shared/ports/deployment-settings.ts'
import { type QueueName, workedQueues } from '../../shared/ports/queues.ts'
import { knowSenders } from '../../shared/ports/senders.ts'
import { patientPorts } from '../../shared/reconcile/calls/patient-ports.ts'
import { deadLetterUrl } from '../../shared/reconcile/records/dead-letters.ts'
import { checkOwner } from '../../shared/reconcile/records/owner.ts'

/** The CDK app puts these into the environment of every function. */
const environmentSchema = z.object({
  SSOFILE_DEPLOYMENT: z.string().min(1),
  SSOFILE_BUCKET: z.string().min(1),
  SSOFILE_INSTANCE_ARN: z.string().min(1),
  SSOFILE_QUEUE_URLS: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.record(z.enum(workedQueues), z.url())),
  /** The bus of outcomes, and the topic that mails to receivers. */
  SSOFILE_BUS: z.string().min(1),
  SSOFILE_TOPIC_ARN: z.string().min(1),
  /** Only for the router, if there is an API or a page. */
  SSOFILE_API_PRINCIPAL: z.string().min(1).optional(),
  SSOFILE_PAGE_PRINCIPAL: z.string().min(1).optional(),
  /** The page's own address, for itself and for links to it. */
  SSOFILE_PAGE_ORIGIN: z.url().optional(),
  /** Only for the function of events: the ARN of the role that changes access for ssofile. */
  SSOFILE_DISPATCHER_ROLE: z.string().min(1).optional(),
  /** Only for functions that believe a message by its sender: the ids of the functions' roles. */
  SSOFILE_SENDERS: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.partialRecord(z.enum(functionNames), z.string().min(1)))
    .default({}),
})
export type FunctionEnvironment = z.input<typeof environmentSchema>

/**
 * AWS's services as the ports of one function. The configuration lies beside the bundle: the environment of a function holds only 4 KB.
 * (Lambda Developer Guide, "Lambda quotas".)
 */
export function openDeployment() {
  const environment = environmentSchema.parse(process.env)
  const configuration = configurationSchema.parse(
    JSON.parse(readFileSync(new URL('./configuration.json', import.meta.url), 'utf8')),
  )
  const metrics = new PowertoolsMetrics(environment.SSOFILE_DEPLOYMENT)
  const log = new PowertoolsLog(metrics)
  const queueUrls = environment.SSOFILE_QUEUE_URLS
  const instanceArn = environment.SSOFILE_INSTANCE_ARN
  const bucket = environment.SSOFILE_BUCKET
  const urls = new Map<string, string>(Object.entries(queueUrls))
  const queues = (queue: QueueName): string => {
    const url = urls.get(queue) ?? deadLetterUrl(urls.get(queue.replace(/-dead$/, '')) ?? '')
    if (url === '') throw new Error(`no function works on the queue ${queue}`)
    return url
  }
  const deployment = environment.SSOFILE_DEPLOYMENT
  const senderOf = knowSenders(environment.SSOFILE_SENDERS)
  const aws = openAwsPorts({ bucket, queues, log, metrics, instanceArn })
  const ports = patientPorts({ ...aws, accountTags: new AwsAccountTags(tagReaderOf(deployment)), senderOf })
  return {
    ports,
    configuration,
    deployment: { name: deployment, queueUrls, configuration },
    bus: environment.SSOFILE_BUS,
    topicArn: environment.SSOFILE_TOPIC_ARN,
    apiPrincipals: [environment.SSOFILE_API_PRINCIPAL, environment.SSOFILE_PAGE_PRINCIPAL].filter(
      (one) => one !== undefined,
    ),
    pageOrigin: environment.SSOFILE_PAGE_ORIGIN,
    dispatcherRole: environment.SSOFILE_DISPATCHER_ROLE,
    /**
     * The handler, which runs only while the bucket belongs to this deployment. Throws WrongOwnerError. `tellsLoss`: if the record of the
     * owner is lost, it runs too, stops all changes and raises the alarm.
     */
    guarded<E, R>(
      run: (event: E) => Promise<R>,
      { tellsLoss = false }: { readonly tellsLoss?: boolean } = {},
    ): (event: E, context: Context) => Promise<R> {
      return async (event, context) => {
        log.addContext(context)
        await checkOwner(ports.objects, { deployment, instanceArn, mayBeLost: tellsLoss })
        return run(event)
      }
    },
  }
}
