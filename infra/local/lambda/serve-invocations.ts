import { randomUUID } from 'node:crypto'
import * as z from 'zod'

const invocation = z.object({
  event: z.looseObject({}),
  name: z.string(),
  memoryMb: z.number(),
  timeoutSeconds: z.number(),
})
export type Invocation = Omit<z.infer<typeof invocation>, 'event'> & { readonly event: object }
/** `peakKb`: the maximum memory of the process so far. */
export type Invoked = { readonly peakKb: number } & ({ readonly answer?: unknown } | { readonly error: string })

type LambdaHandler = (event: object, context: object) => Promise<unknown>

/** Makes this process run a bundled function: like Lambda's runtime, with the parent process as Lambda. */
export function serveInvocations(handler: LambdaHandler): void {
  process.on('message', async (message) => {
    const { event, name, memoryMb, timeoutSeconds } = invocation.parse(message)
    const end = performance.now() + timeoutSeconds * 1000
    const context = {
      functionName: name,
      functionVersion: '$LATEST',
      memoryLimitInMB: String(memoryMb),
      invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
      awsRequestId: randomUUID(),
      getRemainingTimeInMillis: () => end - performance.now(),
    }
    const told = await handler(event, context).then(
      (answer: unknown) => ({ answer }),
      (error: unknown) => ({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
    process.send?.({ ...told, peakKb: process.resourceUsage().maxRSS } satisfies Invoked)
  })
  // The local system ended without a message.
  process.on('disconnect', () => process.exit(0))
}
