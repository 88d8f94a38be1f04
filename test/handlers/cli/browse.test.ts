import { expect, test } from '@jest/globals'
import { findApi } from '../../../handlers/cli/browse.ts'

const api = 'https://a1b2c3.execute-api.eu-west-1.amazonaws.com'

test('the API is the one that is named, else the usual one, else that of the local system', () => {
  const environment = { SSOFILE_API: 'https://usual.example', AWS_ENDPOINT_URL: 'http://127.0.0.1:4566/' }
  expect(findApi(api, environment).href).toBe(`${api}/`)
  expect(findApi(undefined, environment).href).toBe('https://usual.example/')
  expect(findApi(undefined, { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566/' }).href).toBe('http://127.0.0.1:4566/api')
  expect(() => findApi(undefined, {})).toThrow(/--api or SSOFILE_API/)
})

test.each(['a1b2c3', 'http://api.example', 'https://me:secret@api.example', `${api}?x=y`, 'file:///etc/passwd'])(
  'signed requests are not sent to %s',
  (named) => {
    expect(() => findApi(named, {})).toThrow(/expected an address such as https:/)
  },
)

test('a password in an address is not printed', () => {
  const refused = () => findApi('https://me:secret@api.example', {})
  expect(refused).toThrow('//…@api.example')
  expect(refused).not.toThrow('secret')
})
