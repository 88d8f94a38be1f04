import { openAwsInstallation } from '../../../shared/aws/aws-installation.ts'
import { answerOrError } from '../../../shared/ports/service-error.ts'
import { readOwner } from '../../../shared/reconcile/records/owner.ts'
import { Refusal } from '../arguments/refusal.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { checkActor } from '../bucket/check-actor.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'

/**
 * Asks the deployment's function `redrive`, which alone may send to every queue: no person may. Throws Refusal if the bucket has no
 * deployment or the function does not answer.
 */
export async function askRedrive(question: object, isChange: boolean): Promise<unknown> {
  const bucket = bucketOf(undefined)
  const ports = openCliPorts(bucket)
  const { deployment } = (await readOwner(ports.objects)) ?? {}
  if (!deployment) {
    throw new Refusal(
      `bucket ${bucket} has no deployment, so it has no queues; apply works without queues, and reports what failed`,
    )
  }
  if (isChange) await checkActor(ports)
  const name = `${deployment.name}-redrive`
  const answer = await answerOrError(openAwsInstallation(bucket).askFunction(name, question))
  if ('is' in answer) return answer.is
  const { code, message } = answer.error
  throw new Refusal(
    `the function ${name} did not answer: ${code}: ${message}\n  do: allow your role lambda:InvokeFunction on ${name}; if the function does not exist, deploy this version`,
  )
}
