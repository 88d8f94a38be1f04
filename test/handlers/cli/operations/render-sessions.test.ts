import { expect, test } from '@jest/globals'
import { renderSessions } from '../../../../handlers/cli/operations/sessions.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { endSession } from '../../../../shared/domain/sessions/ended-sessions.ts'

const user = principalId.parse('00000000-0000-4000-8000-000000000001')
const permissionSet = permissionSetName.parse('Admin-ps')
const ended = endSession({ user, name: 'zo\u001be', permissionSet, by: 'ana' }, new Date('2026-03-03T10:00:00Z'))

test('nothing denied is said in words', () => {
  expect(renderSessions([])).toBe('no sessions are denied\n')
})

test('each session has a line with its instants, and names from outside are escaped', () => {
  const printed = renderSessions([{ ...ended, state: 'denied' }])
  expect(printed).toMatch(
    /zo\\u\{1b\}e +Admin-ps +all +2026-03-03T10:00:00\.000Z +2026-03-03T22:00:00\.000Z +denied +ana/,
  )
})

test('why a permission set does not deny it stands below, once for each', () => {
  const refused = { ...ended, state: 'refused', refused: 'too large' } as const
  expect(renderSessions([refused, refused]).match(/Admin-ps: refused: too large/g)).toHaveLength(1)
})

test('what counts for nothing stands below, with nobody denied too', () => {
  const told = 'not valid and ignored: the sessions of zo\\u{1b}e'
  expect(renderSessions([], ['the sessions of zo\u001be'])).toBe(`no sessions are denied\n${told}\n`)
  expect(renderSessions([{ ...ended, state: 'no room' }], ['the sessions of zo\u001be'])).toMatch(/no room +ana\n.*zo/)
})
