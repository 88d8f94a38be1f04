import { shareOfGoal } from './benchmark.ts'
import type { NamedFigure } from './results.ts'

export const plotFile = new URL('../../docs/performance.svg', import.meta.url)

const [labelWidth, barWidth, rowHeight, top] = [470, 400, 20, 34]
/** Bars end here; a figure that takes more is told as a number. */
const mostShare = 1.5

/** One bar for each figure that has a goal: how much of what the goal allows it takes. The line is the goal. */
export function drawPlot(figures: readonly NamedFigure[]): string {
  const bars = figures.flatMap((figure) => {
    const share = shareOfGoal(figure)
    return share === undefined || !Number.isFinite(share) ? [] : [{ ...figure, share }]
  })
  const goalX = labelWidth + barWidth / mostShare
  const height = top + bars.length * rowHeight + 10
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${labelWidth + barWidth + 60}" height="${height}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    `<text x="10" y="18">How much of its goal each figure takes; left of the line is better</text>`,
    ...bars.flatMap(({ name, figure, share, held }, index) => {
      const y = top + index * rowHeight
      const width = Math.max(1, (Math.min(share, mostShare) / mostShare) * barWidth)
      return [
        `<text x="${labelWidth - 8}" y="${y + 13}" text-anchor="end">${escapeXml(`${name}: ${figure}`)}</text>`,
        `<rect x="${labelWidth}" y="${y + 3}" width="${width.toFixed(1)}" height="${rowHeight - 6}" fill="${held ? '#4078c0' : '#c04040'}"/>`,
        `<text x="${(labelWidth + width + 4).toFixed(1)}" y="${y + 13}">${Math.round(share * 100)} %</text>`,
      ]
    }),
    `<line x1="${goalX.toFixed(1)}" y1="${top - 6}" x2="${goalX.toFixed(1)}" y2="${height - 6}" stroke="#333333" stroke-dasharray="4 3"/>`,
    '</svg>\n',
  ].join('\n')
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
