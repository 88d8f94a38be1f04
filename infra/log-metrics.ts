/** What CloudWatch counts in the logs of all functions, by the constant text or the field of a line. */
export const logMetrics = {
  Granted: { field: 'message', text: 'access is granted' },
  Revoked: { field: 'message', text: 'access is revoked' },
  ForeignFound: {
    field: 'message',
    text: 'access that ssofile did not give was found: it is recorded as foreign and left alone',
  },
  Drift: { field: 'message', text: 'access that ssofile gave was removed by someone else' },
  BrakeHolds: { field: 'alarm', text: 'brake' },
  Errors: { field: 'level', text: 'ERROR' },
  TriedAgain: { field: 'message', text: 'not finished; it is tried again later' },
  ThrottledRequests: { field: 'message', text: 'Identity Center did not take the request; it is evaluated again' },
} as const
export type LogMetric = keyof typeof logMetrics

/** How many inputs are in each state that wants attention, told by the sweep every five minutes. */
export const attentionMetrics = ['waiting', 'rejected', 'blocked', 'failed', 'held', 'stuck'] as const
export const attentionMessage = 'inputs that want attention'
