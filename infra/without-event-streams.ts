/**
 * Stands in the bundles for `@smithy/core/event-streams`, which the SDK's S3 client imports for SelectObjectContent alone. Nobody
 * here calls that; the module would cost a fourteenth of the time to load. Where the SDK imports more of it, bundling fails.
 */
export const eventStreamSerdeProvider = (): Readonly<Record<string, never>> => ({})

export function resolveEventStreamSerdeConfig<T>(config: T): T {
  return config
}

export class EventStreamSerde {
  constructor() {
    throw new Error('received a call that streams events, expected none: the bundles have no module for them')
  }
}
