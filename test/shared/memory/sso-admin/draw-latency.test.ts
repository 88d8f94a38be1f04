import { expect, test } from '@jest/globals'
import { SeededRandomness } from '../../../../shared/memory/seeded-randomness.ts'
import { drawLatencyMs } from '../../../../shared/memory/sso-admin/draw-latency.ts'

function draw(medianMs: number, p99Ms: number): readonly number[] {
  const randomness = new SeededRandomness(11)
  return Array.from({ length: 20_000 }, () => drawLatencyMs({ medianMs, p99Ms }, randomness)).sort((a, b) => a - b)
}

test('half of the latencies are below the median, one in a hundred above the 99th percentile', () => {
  const latencies = draw(300, 1200)
  expect(latencies.filter((ms) => ms <= 300).length / latencies.length).toBeCloseTo(0.5, 1)
  expect(latencies.filter((ms) => ms > 1200).length / latencies.length).toBeCloseTo(0.01, 2)
  expect(latencies.every((ms) => Number.isInteger(ms) && ms > 0)).toBe(true)
})

test('the rarest latency is ten times the 99th percentile', () => {
  const fractions = [1 - 1e-9, 0]
  const rarest = { id: () => '', fraction: () => fractions.shift() ?? 0 }
  expect(drawLatencyMs({ medianMs: 300, p99Ms: 600_000 }, rarest)).toBe(6_000_000)
})

test('without spread every latency is the median, and without a median there is none', () => {
  expect(new Set(draw(300, 300))).toEqual(new Set([300]))
  expect(new Set(draw(0, 1000))).toEqual(new Set([0]))
})
