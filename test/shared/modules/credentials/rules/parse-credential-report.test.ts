import { expect, test } from '@jest/globals'
import { parseCredentialReport } from '../../../../../shared/modules/credentials/rules/parse-credential-report.ts'

const head =
  'user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,mfa_active,access_key_1_active,access_key_2_active'

test('a line is read by the names of columns, and what IAM does not know is absent', () => {
  const content = `${head},new_column\nana,arn:aws:iam::200000000001:user/ana,2026-01-01T00:00:00+00:00,true,no_information,2026-01-02T00:00:00+00:00,true,true,false,x\n`
  expect(parseCredentialReport(content)).toEqual([
    {
      user: 'ana',
      arn: 'arn:aws:iam::200000000001:user/ana',
      madeAt: new Date('2026-01-01T00:00:00Z'),
      hasPassword: true,
      passwordChangedAt: new Date('2026-01-02T00:00:00Z'),
      passwordUsedAt: undefined,
      hasMfa: true,
      activeKeys: 1,
    },
  ])
})

test('a name may have commas', () => {
  const line = 'a,b,c,arn:aws:iam::200000000001:user/a,b,c,2026-01-01T00:00:00+00:00,false,N/A,N/A,false,true,true'
  const [read] = parseCredentialReport(`${head}\n${line}`)
  expect(read).toMatchObject({ user: 'a,b,c', arn: 'arn:aws:iam::200000000001:user/a,b,c', activeKeys: 2 })
})
