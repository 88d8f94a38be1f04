import { type Graph, instance } from '@viz-js/viz'
import type { Architecture, Arrow, Part, PartKind } from './read-architecture.ts'

const looks: Readonly<Record<PartKind, Readonly<Record<string, string>>>> = {
  api: { shape: 'house', fillcolor: '#e7d5f5' },
  bucket: { shape: 'cylinder', fillcolor: '#cfe8cf' },
  bus: { shape: 'hexagon', fillcolor: '#f9dbe8' },
  dashboard: { shape: 'note', fillcolor: '#eeeeee' },
  deployment: { shape: 'oval', fillcolor: '#eeeeee' },
  function: { shape: 'box', fillcolor: '#fde3c4' },
  queue: { shape: 'box', style: 'filled,rounded', fillcolor: '#d6e6fa' },
  rule: { shape: 'box', fillcolor: '#f9dbe8' },
  schedule: { shape: 'oval', fillcolor: '#f9dbe8' },
  service: { shape: 'component', fillcolor: '#fff3b0' },
  topic: { shape: 'note', fillcolor: '#eeeeee' },
}
const strokes: Readonly<Record<Arrow['kind'], Readonly<Record<string, string | number>>>> = {
  delivers: { color: '#222222', penwidth: 1.8 },
  sends: { color: '#5b8bd0' },
  calls: { color: '#b08900', style: 'dashed' },
  alarms: { color: '#777777', style: 'dotted' },
}
const font = { fontname: 'Arial', fontsize: 13 }

/** The diagram as SVG; the same architecture gives the same text. Graphviz places everything. */
export async function drawArchitecture(architecture: Architecture): Promise<string> {
  const { parts, arrows } = architecture
  const stacks = [...new Set(parts.flatMap(({ stack }) => stack ?? []))]
  const backwards = findBackwards(architecture)
  const graph: Graph = {
    graphAttributes: { rankdir: 'LR', ranksep: 0.6, nodesep: 0.25 },
    nodeAttributes: { ...font, style: 'filled', margin: '0.2,0.07', height: 0.3, color: '#666666' },
    edgeAttributes: { arrowsize: 0.7 },
    nodes: parts.filter(({ stack }) => stack === undefined).map(nodeOf),
    subgraphs: stacks.map((stack) => ({
      name: `cluster_${stack}`,
      graphAttributes: { label: `stack ${stack}`, style: 'rounded', color: '#999999', bgcolor: '#fafafa', ...font },
      nodes: parts.filter((part) => part.stack === stack).map(nodeOf),
    })),
    edges: arrows.map((arrow) => ({
      tail: arrow.from,
      head: arrow.to,
      attributes: { ...strokes[arrow.kind], constraint: !backwards.has(arrow) },
    })),
  }
  return (await instance()).renderString(graph, { format: 'svg' })
}

/** What is sent back to where it came from has no say in what stands left of what. Whoever gets most stands last. */
function findBackwards({ parts, arrows }: Architecture): ReadonlySet<Arrow> {
  const backwards = new Set<Arrow>()
  const incoming = (id: string) => arrows.filter(({ to }) => to === id).length
  for (const { id } of parts.toSorted((a, b) => incoming(b.id) - incoming(a.id)))
    for (const arrow of arrows) {
      const others = arrows.filter((other) => !backwards.has(other))
      if (arrow.from === id && arrow.kind === 'sends' && reaches(arrow.to, id, others)) backwards.add(arrow)
    }
  return backwards
}

function reaches(from: string, to: string, arrows: readonly Arrow[], seen = new Set<string>()): boolean {
  if (from === to) return true
  if (seen.has(from)) return false
  seen.add(from)
  return arrows.some((arrow) => arrow.from === from && reaches(arrow.to, to, arrows, seen))
}

function nodeOf({ id, kind, name, lines }: Part) {
  const small = (line: string) => `<FONT POINT-SIZE="10">${escapeHtml(line)}</FONT>`
  const names = name.split('\n').map((line) => `<B>${escapeHtml(line)}</B>`)
  const html = [...(kind === 'service' ? [] : [small(kind)]), ...names, ...lines.map(small)].join('<BR/>')
  return { name: id, attributes: { ...looks[kind], label: { html } } }
}

function escapeHtml(line: string): string {
  return line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
