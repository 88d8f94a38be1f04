import { expect, test } from '@jest/globals'
import { architectureFaults } from './architecture.ts'
import { isProductFile, messagesOf } from './collect-words.ts'
import { importCircles, importsIn } from './import-circles.ts'
import { findConstructions, percentOf } from './plain-words.ts'
import { listProjectFiles, readText } from './source-files.ts'
import { titleFaults } from './titles.ts'

/** Each file is parsed once, for all that judges its syntax: parsing is what takes long. */
const sources = listProjectFiles()
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => {
    const text = readText(path)
    return {
      path,
      vague: text.match(/^(?:export )?(?:type|interface|class) (?:Told|Known|Found|Place|Asked|Looking)\b/gm) ?? [],
      faults: architectureFaults(path, text),
      titles: path.endsWith('.test.ts') ? titleFaults(path, text) : [],
      imports: /^(shared|handlers)\/.*\.ts$/.test(path) ? importsIn(path, text) : [],
      messages: isProductFile(path) ? messagesOf(path, text) : [],
    }
  })

test('every import of the project is one that its folder may make', () => {
  expect(sources.length).toBeGreaterThan(50)
  expect(sources.flatMap(({ faults }) => faults)).toEqual([])
})

test('no files of shared and handlers import each other in a circle', () => {
  expect(sources.filter(({ imports }) => imports.length > 0).length).toBeGreaterThan(50)
  expect(importCircles(new Map(sources.map(({ path, imports }) => [path, imports])))).toEqual([])
})

test('every test of the project has a title of its own that says what holds', () => {
  expect(sources.filter(({ path }) => path.endsWith('.test.ts')).length).toBeGreaterThan(10)
  expect(sources.flatMap(({ titles }) => titles)).toEqual([])
})

test('every type is named for its subject, not for how somebody came to know it', () => {
  expect(sources.flatMap(({ path, vague }) => vague.map((name) => `${path}: ${name}`))).toEqual([])
})

test('the messages of the product use few constructions that have to be read twice', () => {
  const words = sources.flatMap(({ messages }) => messages)
  expect(words.length).toBeGreaterThan(1000)
  const faults = findConstructions(words)
  const percent = percentOf(faults, words)
  const places = faults.map(({ path, line, construction, text }) => `${path}:${line}: ${construction}: ${text}`)
  expect(percent <= 0.7 ? [] : [`${percent.toFixed(1)} % of ${words.length}`, ...places]).toEqual([])
})
