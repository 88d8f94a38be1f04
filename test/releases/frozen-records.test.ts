import { readdirSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import * as z from 'zod'
import { inputMessage } from '../../shared/domain/links/input-message.ts'
import { hint } from '../../shared/domain/messages/hint.ts'
import { digestMessage } from '../../shared/modules/notifications/rules/digest.ts'
import { readText } from '../house/source-files.ts'
import { collectRecords } from './collect-records.ts'
import { laterText } from './later-version.ts'

const folder = 'fixtures/releases'
const written = z.object({ kind: z.string(), key: z.string(), text: z.string() })
const filesIn = (name: string) => readdirSync(new URL(`../../${folder}/${name}`, import.meta.url)).sort()
const releases = filesIn('')
/** What only people read, and what says by its name alone what it says. */
const notRead = /^(history|links_data|reports|status\/approvals)/

let present: Awaited<ReturnType<typeof collectRecords>>
beforeAll(async () => {
  present = await collectRecords()
})

const messageOf = (queue: string): z.ZodType | undefined => {
  if (queue.startsWith('work')) return hint
  if (queue === 'digests') return digestMessage
  return ['links', 'permission-sets', 'requests'].includes(queue) ? inputMessage : undefined
}

describe.each(releases)('what release %s wrote', (release) => {
  const records = filesIn(`${release}/bucket`).map((file) =>
    written.parse(JSON.parse(readText(`${folder}/${release}/bucket/${file}`))),
  )

  test.each(records.filter(({ kind }) => !notRead.test(kind)))('is read: $kind', async ({ kind, key, text }) => {
    expect(await present.read(kind, { key, text })).toBeDefined()
    expect(await present.read(kind, { key, text: laterText(text) })).toBeDefined()
  })

  test.each(filesIn(`${release}/messages`))('is read: messages of %s', (file) => {
    const schema = messageOf(file.replace('.json', ''))
    const bodies = z
      .array(z.string())
      .min(1)
      .parse(JSON.parse(readText(`${folder}/${release}/messages/${file}`)))
    for (const body of bodies)
      if (schema)
        for (const text of [body, laterText(body)])
          expect(schema.safeParse(JSON.parse(text))).toMatchObject({ success: true })
  })

  test('is of nearly every kind that this version writes', () => {
    const kinds = new Set(records.map(({ kind }) => kind))
    const later = [...present.records.keys()].filter((kind) => !kinds.has(kind))
    // A kind that a later version adds is none that the release could have written: then list it here.
    expect(later).toEqual([])
    expect(records.length).toBeGreaterThan(40)
  })
})
