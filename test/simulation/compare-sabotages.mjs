import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync, appendFileSync, existsSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
// node test/simulation/compare-sabotages.mjs OLD OUT PART PARTS RUNS: each sabotage of the checkout OLD, judged by the oracle here.
const [old, out, ...numbers] = process.argv.slice(2)
const { sabotages } = await import(join(old, 'test/simulation/sabotages.ts'))
const { buildSabotage } = await import(join(old, 'test/simulation/build-sabotage.ts'))
const { promises, numberOf } = await import(join(old, 'test/simulation/promises/violation.ts'))
const root = process.cwd()
const done = new Set(existsSync(out) ? readFileSync(out, 'utf8').split('\n').map((l) => l.split(' | ')[0]) : [])
const [part, parts, runs] = numbers.map(Number)
const run = (cwd, a) => { const r = spawnSync(process.execPath, ['test/simulation/play-judged.ts', JSON.stringify(a)], { cwd, encoding: 'utf8', maxBuffer: 1e9 }); const m = /^FOUND (.*)$/m.exec(r.stdout); return m ? JSON.parse(m[1]) : /^NONE$/m.test(r.stdout) ? undefined : { error: (r.stderr + r.stdout).slice(-400) } }
const copy = mkdtempSync(join(tmpdir(), 'sabotaged-'))
for (const f of ['shared', 'handlers', 'infra', 'fixtures', 'test']) cpSync(join(root, f), join(copy, f), { recursive: true })
cpSync(join(root, 'package.json'), join(copy, 'package.json')); symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
for (const [n, s] of sabotages.entries()) {
  if (n % parts !== part || done.has(s.name)) continue
  const file = join(copy, s.file), src = readFileSync(file, 'utf8'), t = Date.now()
  let told
  try {
    writeFileSync(file, buildSabotage(src, s))
    const a = { own: s.breaks.map((p) => numberOf(promises[p])), sweeps: !s.isHealedBySweep, profile: s.profile, runs }
    let from = 0
    for (;;) {
      const f = run(copy, { ...a, from })
      if (!f) { told = 'MISSED'; break }
      if (f.error) { told = 'ERROR ' + f.error.replaceAll('\n', ' '); break }
      if (run(root, { ...a, only: f.i }) === undefined) { told = `${f.name} by ${f.promise}`; break }
      from = f.i + 1
    }
  } finally { writeFileSync(file, src) }
  appendFileSync(out, `${s.name} | ${told} | ${((Date.now() - t) / 1000).toFixed(0)} s\n`)
}
rmSync(copy, { recursive: true })
