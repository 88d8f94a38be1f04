import { describe, expect, test } from '@jest/globals'
import { listProjectFiles, listTopFolders, readText } from './source-files.ts'

/** Only what one machine has: folders of homes and work places (at the start of a path), and where packages came from. */
const ofOneMachine = [
  new RegExp(`(?<![\\w.@$})*-])/(?:${['root', 'work', 'home'].join('|')})/[\\w.-]`),
  new RegExp(`(?<![\\w-])${'registry'}\\.[a-z0-9-]+\\.[a-z]{2,}`, 'i'),
  new RegExp(`^\\s*(?:@[\\w-]+:)?${'registry'}\\s*=`, 'm'),
  new RegExp(`//[^\\s/]+/:_${'auth'}`, 'i'),
]

test('the top has the five folders that style.md lays out, the documentation, the schemas for editors and what benchmarks measured', () => {
  expect(listTopFolders()).toEqual(['bench', 'docs', 'fixtures', 'handlers', 'infra', 'schemas', 'shared', 'test'])
})

test('the lock file says of no package where it was fetched from', () => {
  const { packages } = JSON.parse(readText('package-lock.json')) as { packages: Record<string, { resolved?: string }> }
  expect(Object.keys(packages).length).toBeGreaterThan(100)
  expect(Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined)).toEqual([])
})

test('every package is a development dependency: what runs is bundled, so the package of the commands brings no other', () => {
  expect(JSON.parse(readText('package.json'))).not.toHaveProperty('dependencies')
})

test('no file names a place that only one machine has', () => {
  const places = listProjectFiles().flatMap((path) => placesIn(path, readText(path)))
  expect(places).toEqual([])
})

function placesIn(path: string, text: string): string[] {
  if (!ofOneMachine.some((place) => place.test(text))) return []
  return text.split('\n').flatMap((line, index) => {
    const place = ofOneMachine.map((pattern) => pattern.exec(line)?.[0]).find((found) => found !== undefined)
    return place === undefined ? [] : [`${path}:${index + 1}: ${place}`]
  })
}

describe('such a place is', () => {
  const slash = '/'
  test.each([
    ['a home', `see ${slash}home/zoe/x`],
    ['the home of root', `"${slash}root/.npmrc"`],
    ['a work place', `cd ${slash}work/main`],
    ['a work place in a URL of files', `file://${slash}work/main`],
    ['a host of packages', `https://${'registry'}.npmjs.org${slash}`],
    ['a setting of where packages come from', `x\n${'registry'}=http://127.0.0.1`],
    ['a token for packages', `//127.0.0.1${slash}:_${'auth'}Token=x`],
  ])('%s', (_, text) => {
    expect(placesIn('x.md', text)).toHaveLength(1)
  })

  test.each([
    'https://eu-west-1.console.aws.amazon.com/console/home?region=eu-west-1',
    'state/work/x',
    'account registry',
    './work/x',
    'omit-lockfile-registry-resolved=true',
  ])('not in %s', (text) => {
    expect(placesIn('x.md', text)).toEqual([])
  })
})
