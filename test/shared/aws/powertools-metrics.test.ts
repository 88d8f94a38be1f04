import { expect, test } from '@jest/globals'
import { PowertoolsLog } from '../../../shared/aws/powertools-log.ts'
import { PowertoolsMetrics } from '../../../shared/aws/powertools-metrics.ts'
import { writtenLines } from './written-lines.ts'

function linesOf(write: () => void): readonly unknown[] {
  return writtenLines(write).map((line) => JSON.parse(line))
}

test('each value is told at once, as a line of its own that CloudWatch makes a metric of', () => {
  const metrics = new PowertoolsMetrics('production')
  const lines = linesOf(() => {
    metrics.record('Created')
    metrics.record('OldestHint', 12.5)
  })
  const about = (Name: string, Unit: string) => ({
    Timestamp: expect.any(Number),
    CloudWatchMetrics: [{ Namespace: 'ssofile/production', Dimensions: [['service']], Metrics: [{ Name, Unit }] }],
  })
  expect(lines).toEqual([
    { _aws: about('Created', 'Count'), service: 'ssofile', Created: 1 },
    { _aws: about('OldestHint', 'Seconds'), service: 'ssofile', OldestHint: 12.5 },
  ])
})

test('every error that is logged is counted, whoever logs it', () => {
  const log = new PowertoolsLog(new PowertoolsMetrics('production'))
  const lines = linesOf(() => {
    log.warn('not yet')
    log.with({ input: 'links_data/…' }).error('this should not happen')
  })
  expect(lines).toEqual([
    expect.objectContaining({ level: 'WARN' }),
    expect.objectContaining({ level: 'ERROR', input: 'links_data/…' }),
    expect.objectContaining({ Errors: 1 }),
  ])
})
