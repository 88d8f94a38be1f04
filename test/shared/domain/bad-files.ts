/** Files that must be rejected, as data: for the parsers' tests and for the end-to-end test that uploads them. */
export type BadFile = {
  /** A sentence in the field's terms. */
  readonly title: string
  /** Below `permission_sets/`. No two are equal, so all can lie in one bucket. */
  readonly fileName: string
  readonly body: Uint8Array | string
  /** What the complaint must contain. */
  readonly received: string
  readonly expected: string
  readonly remedy: string
}
export type BadLinkBody = Omit<BadFile, 'fileName'>

type Telling = readonly [received: string, expected: string, remedy: string]
type Case = BadLinkBody & { readonly fileName?: string }

const mebibyte = 1024 * 1024

const utf16 = (text: string, littleEndian: boolean): Uint8Array => {
  const bytes = new Uint8Array(text.length * 2)
  const view = new DataView(bytes.buffer)
  for (let index = 0; index < text.length; index += 1) view.setUint16(index * 2, text.charCodeAt(index), littleEndian)
  return bytes
}
const bytes = (...parts: (string | readonly number[])[]): Uint8Array =>
  new Uint8Array(parts.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : [...part])))

/** `printf '{}' | gzip -n` */
const gzip = bytes([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0xae, 5, 0, 0x43, 0xbf, 0xa6, 0xa3, 2, 0, 0, 0])

const textCase = (title: string, body: Uint8Array | string, [received, expected, remedy]: Telling): Case => ({
  title,
  body,
  received,
  expected,
  remedy,
})

/** A file that is right but for these fields. NAME stands for the name that the table gives it. */
const fieldCase = (title: string, fields: Record<string, unknown>, telling: Telling): Case =>
  textCase(title, JSON.stringify({ permissionSetName: 'NAME', ...fields }), telling)

const policy = (...actions: string[]) => ({
  inlinePolicyDocument: {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
  },
})
const statement = (fields: object) => ({ inlinePolicyDocument: { Version: '2012-10-17', Statement: [fields] } })
const arns = (count: number) => Array.from({ length: count }, (_, index) => `arn:aws:iam::aws:policy/Policy${index}`)
const tags = (count: number) => Array.from({ length: count }, (_, index) => ({ Key: `key${index}`, Value: '' }))

const notJson: readonly Case[] = [
  textCase('an empty file', '', ['an empty file', 'one JSON object', 'delete it']),
  textCase('a file of spaces only', ' \r\n\t ', ['spaces and line ends', 'one JSON object', 'delete it']),
  textCase('plain text', 'please give me admin', ["'please' at line 1, column 1", 'a JSON value', 'correct it']),
  textCase('YAML', 'permissionSetName: NAME\n', ["'permissionSetName'", 'a JSON value', 'JSON support']),
  textCase('a comma after the last field', '{\n  "permissionSetName": "NAME",\n}', [
    "'}' at line 3, column 1",
    'a field name in double quotes',
    'delete the comma before it',
  ]),
  textCase('a missing comma', '{"permissionSetName": "NAME"\n "description": "d"}', [
    'line 2, column 2',
    'a comma',
    'put a comma before it',
  ]),
  textCase('single quotes', "{'permissionSetName': 'NAME'}", [
    "''permissionSetName'' at line 1, column 2",
    'double quotes',
    'straight double',
  ]),
  textCase('a field name without quotes', '{permissionSetName: "NAME"}', [
    "'permissionSetName'",
    'double quotes',
    'double quotes',
  ]),
  textCase('typographic quotes', '{“permissionSetName”: “NAME”}', [
    "'“permissionSetName”'",
    'double quotes',
    'straight double quotes',
  ]),
  textCase('a comment', '{\n  // our operators\n  "permissionSetName": "NAME"\n}', [
    "'// our operators' at line 2",
    'without comments',
    'comment',
  ]),
  textCase('None of Python', '{"permissionSetName": "NAME", "description": None}', [
    "'None'",
    'a JSON value',
    'small letters',
  ]),
  textCase('a file that was cut off', '{"permissionSetName": "NAME", "tags": [', [
    'ends at line 1',
    "',' or ']'",
    'cut off',
  ]),
  textCase('a text that is not closed', '{"permissionSetName": "NAME', [
    'line 1, column 23',
    'closed',
    'complete the file',
  ]),
  textCase('a line end in a text', '{"permissionSetName": "NAME", "description": "a\nb"}', [
    "'\"a'",
    'same line',
    '\\n',
  ]),
  textCase('a wrong escape', '{"permissionSetName": "NAME", "description": "C:\\Windows"}', [
    'C:\\Windows',
    'backslash',
    '\\\\',
  ]),
  textCase('two JSON values', '{"permissionSetName": "NAME"}\n{}', [
    "'{' at line 2",
    'the end of the file',
    'what follows',
  ]),
  textCase('a number with a leading zero', '{"permissionSetName": "NAME", "sessionDurationInMinutes": 060}', [
    "'060'",
    'a JSON number',
    'leading zeros',
  ]),
  textCase('a number beyond all bounds', '{"permissionSetName": "NAME", "sessionDurationInMinutes": 1e999}', [
    '1e999 for $.sessionDurationInMinutes',
    '1.7e308',
    'smaller number',
  ]),
  textCase('100,000 levels', '['.repeat(100_000), ['more than 50 levels', 'at most 50', 'check what wrote']),
  textCase('100,000 levels of objects', '{"a":'.repeat(50_000), [
    'more than 50 levels',
    'at most 50',
    'check what wrote',
  ]),
  textCase('a file of 5 MB', ' '.repeat(5 * mebibyte), ['5242880 bytes', 'at most 262144', 'right file']),
  textCase('gzip data', gzip, ['gzip', 'UTF-8', 'unpack']),
  textCase('ZIP data', bytes([0x50, 0x4b, 3, 4, 20, 0]), ['ZIP', 'UTF-8', 'unpack']),
  textCase('UTF-16 little endian with BOM', bytes([0xff, 0xfe], [...utf16('{"a":1}', true)]), [
    'UTF-16 or UTF-32',
    'UTF-8',
    'utf8NoBOM',
  ]),
  textCase('UTF-16 big endian with BOM', bytes([0xfe, 0xff], [...utf16('{"a":1}', false)]), [
    'UTF-16 or UTF-32',
    'UTF-8',
    'save',
  ]),
  textCase('UTF-16 little endian without BOM', utf16('{"a":1}', true), ['UTF-16 or UTF-32', 'UTF-8', 'save']),
  textCase('UTF-16 big endian without BOM', utf16('{"a":1}', false), ['UTF-16 or UTF-32', 'UTF-8', 'save']),
  textCase('UTF-32 little endian', bytes([0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0]), ['UTF-16 or UTF-32', 'UTF-8', 'save']),
  textCase('UTF-32 big endian without BOM', bytes([0, 0, 0, 0x7b, 0, 0, 0, 0x7d]), [
    'UTF-16 or UTF-32',
    'UTF-8',
    'save',
  ]),
  textCase('UTF-8 with BOM', bytes([0xef, 0xbb, 0xbf], '{"permissionSetName": "NAME"}'), [
    'byte order mark',
    'without',
    'without BOM',
  ]),
  textCase('Latin-1', bytes('{"permissionSetName": "NAME",\n"description": "', [0xe9], '"}'), [
    'not UTF-8, in line 2',
    'UTF-8',
    'UTF-8',
  ]),
  textCase('a NUL character', '{"permissionSetName": "NAME", "description": "a\\u0000b"}', [
    'NUL',
    'text',
    'delete that character',
  ]),
  textCase('half a surrogate pair', '{"permissionSetName": "NAME", "description": "\\ud800"}', [
    'surrogate pair',
    'text',
    'type it again',
  ]),
  textCase('a field twice', '{"permissionSetName": "NAME", "tags": [],\n "tags": []}', [
    "'tags' for the second time in $ at line 2",
    'once',
    'keep',
  ]),
  textCase(
    'a field twice, deep in the policy',
    '{"permissionSetName": "NAME", "inlinePolicyDocument": {"Statement": [{"Effect": "Deny", "\\u0045ffect": "Allow"}]}}',
    ["'Effect' for the second time in $.inlinePolicyDocument.Statement[0]", 'once', 'keep'],
  ),
]

const wrongShape: readonly Case[] = [
  textCase('a list', '[]', ['an empty list at $', 'one JSON object', 'permissionSetName']),
  textCase('a text', '"NAME"', ["'", 'one JSON object', 'permissionSetName']),
  textCase('a number', '42', ['42 at $', 'one JSON object', 'permissionSetName']),
  textCase('null', 'null', ['null at $', 'one JSON object', 'permissionSetName']),
  textCase('a file without permissionSetName', '{}', ['nothing at $.permissionSetName', '1 to 32', 'file name']),
  textCase('the field __proto__', '{"permissionSetName": "NAME", "__proto__": {"tags": []}}', [
    "'__proto__'",
    'no fields but',
    'delete',
  ]),
  textCase('the field constructor', '{"permissionSetName": "NAME", "constructor": {"prototype": {}}}', [
    "'constructor'",
    'no fields but',
    'delete',
  ]),
  textCase('an uploaded request', '{"action": "create", "permissionSetData": {"permissionSetName": "NAME"}}', [
    'permissionSetData',
    'the permission set itself',
    "under 'permissionSetData'",
  ]),
  fieldCase('a field that is short for another', { sessionDuration: 240 }, [
    "unknown field 'sessionDuration'",
    "'sessionDurationInMinutes'",
    "rename 'sessionDuration' to 'sessionDurationInMinutes'",
  ]),
  fieldCase('a field in capitals', { Description: 'd' }, ["'Description'", "'description'", 'rename']),
  fieldCase('an unknown field', { team: 'me' }, [
    "unknown field 'team' at $",
    'permissionsBoundary',
    "delete the field 'team'",
  ]),
  fieldCase('another name than the file', { permissionSetName: 'Other-ps' }, [
    "'Other-ps' at $.permissionSetName",
    'NAME',
    'Other-ps.json',
  ]),
  fieldCase('a name with a space', { permissionSetName: 'My set' }, [
    "'My set' with ' ' (U+0020)",
    '1 to 32',
    'file name',
  ]),
  fieldCase('a name that is a number', { permissionSetName: 7 }, ['7 at $.permissionSetName', '1 to 32', 'file name']),
]

const wrongValues: readonly Case[] = [
  ...[30, 59, 721, 90.5, -60, '30', '721', 'abc', 'PT4H', '90.5', ' 90', '', null, true, [60]].map((session) =>
    fieldCase(`a session of ${JSON.stringify(session)}`, { sessionDurationInMinutes: session }, [
      'at $.sessionDurationInMinutes',
      'whole minutes from 60 to 720',
      'such as 240',
    ]),
  ),
  fieldCase('a description with a dash', { description: 'Day – night' }, [
    "'–' (U+2013) as character 5",
    '700',
    "write '-' instead",
  ]),
  fieldCase('a description in Chinese', { description: '运维' }, ["'运' (U+8FD0)", 'Latin-1', 'those characters only']),
  fieldCase('an empty description', { description: '' }, ["('') at $.description", '1 to 700', 'leave the field out']),
  fieldCase('a description of 701 characters', { description: 'd'.repeat(701) }, [
    '(701 characters)',
    '1 to 700',
    'shorten it to 700',
  ]),
  fieldCase('a description that is null', { description: null }, [
    'null at $.description',
    '1 to 700',
    'leave the field out',
  ]),
  fieldCase('a relay state with a wrong character', { relayState: 'https://a/<b>' }, [
    "'<' (U+003C) as character 11",
    '240',
    'percent-encoded',
  ]),
  fieldCase('an empty relay state', { relayState: '' }, ["('') at $.relayState", '1 to 240', 'leave the field out']),
  fieldCase('a relay state of 241 characters', { relayState: 'r'.repeat(241) }, [
    '(241 characters)',
    '1 to 240',
    'shorten it to 240',
  ]),
  fieldCase('tags as an object', { tags: { team: 'a' } }, ["object with 'team' at $.tags", 'at most 50 tags', '"Key"']),
  fieldCase('51 tags', { tags: tags(51) }, ['a list of 51 at $.tags', 'at most 50', 'at most 50']),
  fieldCase('one tag key twice', { tags: [...tags(2), ...tags(1)] }, [
    "'key0' for the second time at $.tags[2].Key",
    'once',
    'delete one',
  ]),
  fieldCase('a tag key of AWS', { tags: [{ Key: 'AWS:team', Value: 'a' }] }, [
    "'AWS:team'",
    'not beginning with aws:',
    'reserves',
  ]),
  fieldCase('a tag without value', { tags: [{ Key: 'a' }] }, ['nothing at $.tags[0].Value', '0 to 256', '"Value": ""']),
  fieldCase('a tag in small letters', { tags: [{ key: 'a', value: 'b' }] }, [
    "unknown field 'key'",
    "'Key'",
    "rename 'value' to 'Value'",
  ]),
  fieldCase('a tag value that is a number', { tags: [{ Key: 'a', Value: 1 }] }, [
    '1 at $.tags[0].Value',
    '0 to 256',
    'double quotes',
  ]),
  fieldCase('a tag value with a wrong character', { tags: [{ Key: 'a', Value: 'x&y' }] }, [
    "'&' (U+0026)",
    '0 to 256',
    'those characters',
  ]),
  fieldCase('a tag key of 129 characters', { tags: [{ Key: 'k'.repeat(129), Value: '' }] }, [
    '(129 characters)',
    '1 to 128',
    'a key',
  ]),
]

const wrongPolicies: readonly Case[] = [
  fieldCase('26 policies', { managedPoliciesArnList: arns(26) }, ['26 policies (26 in', 'at most 25', 'inline policy']),
  fieldCase(
    '26 policies of both kinds',
    { managedPoliciesArnList: arns(25), customerManagedPoliciesList: [{ Name: 'a' }] },
    ['25 in managedPoliciesArnList, 1 in customerManagedPoliciesList', 'at most 25 together', 'delete some'],
  ),
  fieldCase('an ARN that is only a name', { managedPoliciesArnList: ['ReadOnlyAccess'] }, [
    "'ReadOnlyAccess'",
    'ARN',
    'IAM console',
  ]),
  fieldCase(
    'the ARN of a customer managed policy',
    { managedPoliciesArnList: ['arn:aws:iam::123456789012:policy/ops/base'] },
    [
      'at $.managedPoliciesArnList[0]',
      'AWS managed',
      'put { "Name": "base", "Path": "/ops/" } into customerManagedPoliciesList',
    ],
  ),
  fieldCase('a managed policy twice', { managedPoliciesArnList: [...arns(1), ...arns(1)] }, [
    'second time at $.managedPoliciesArnList[1]',
    'once',
    'delete',
  ]),
  fieldCase('a list of policies in one text', { managedPoliciesArnList: arns(1)[0] }, ["Policy0' at", 'a list', '[']),
  fieldCase('a customer managed policy as text', { customerManagedPoliciesList: ['base'] }, [
    "'base'",
    '"Name"',
    '{ "Name": "base" }',
  ]),
  fieldCase('a customer managed policy without name', { customerManagedPoliciesList: [{ Path: '/' }] }, [
    'nothing at',
    '1 to 128',
    'name',
  ]),
  fieldCase('a path without slashes', { customerManagedPoliciesList: [{ Name: 'a', Path: 'ops' }] }, [
    "'ops'",
    'begin and end with /',
    'write "/ops/"',
  ]),
  fieldCase(
    'a policy twice, once with its path',
    { customerManagedPoliciesList: [{ Name: 'a' }, { Name: 'a', Path: '/' }] },
    ["the policy name 'a' for the second time", 'every policy name once', 'delete one'],
  ),
  fieldCase(
    'a boundary of both kinds',
    {
      permissionsBoundary: { ManagedPolicyArn: arns(1)[0], CustomerManagedPolicyReference: { Name: 'a' } },
    },
    ['both kinds of policy at $.permissionsBoundary', 'either', 'keep one'],
  ),
  fieldCase('a boundary of neither kind', { permissionsBoundary: {} }, [
    'an empty object',
    'either',
    'leave the field',
  ]),
  fieldCase('a boundary with another field', { permissionsBoundary: { ManagedPolicyArn: arns(1)[0], Arn: 'a' } }, [
    "unknown field 'Arn'",
    'ManagedPolicyArn',
    'delete',
  ]),
  fieldCase('a boundary as text', { permissionsBoundary: arns(1)[0] }, [
    'at $.permissionsBoundary',
    'either',
    'one of the two',
  ]),
  fieldCase(
    'a boundary with the ARN of a customer managed policy',
    {
      permissionsBoundary: { ManagedPolicyArn: 'arn:aws:iam::123456789012:policy/b' },
    },
    ["policy/b'", 'AWS managed', '{ "CustomerManagedPolicyReference": { "Name": "b" } }'],
  ),
  fieldCase('an inline policy as text', { inlinePolicyDocument: '{"Version":"2012-10-17"}' }, [
    'at $.inlinePolicyDocument',
    'object',
    'not a text',
  ]),
  fieldCase('an inline policy as list', { inlinePolicyDocument: [] }, ['an empty list', 'object', 'leave the field']),
  fieldCase('an inline policy that is null', { inlinePolicyDocument: null }, ['null at', 'object', 'leave the field']),
  fieldCase('an inline policy of too many bytes', policy(`s3:Get${' '.repeat(33_000)}`), [
    'bytes as compact JSON',
    'at most 32768',
    'shorten',
  ]),
  fieldCase('an inline policy of too many characters', policy('a'.repeat(10_241)), [
    'not white space',
    'at most 10240',
    'customer managed',
  ]),
  fieldCase('an inline policy with a dash', policy('s3:Get*', 's3–List'), [
    "'–' (U+2013) as character 3 of the text 's3–List' at $.inlinePolicyDocument.Statement[0].Action[1]",
    'U+0020 to U+00FF',
    "write '-' instead",
  ]),
  fieldCase('an inline policy with a field name in Chinese', { inlinePolicyDocument: { 版本: '2012-10-17' } }, [
    "of the field name '版本'",
    'Latin-1',
    'without',
  ]),
  fieldCase('a statement with a field in another letter case', statement({ effect: 'Allow' }), [
    "the unknown field 'effect' at $.inlinePolicyDocument.Statement[0]",
    "'Effect'",
    "rename 'effect' to 'Effect'",
  ]),
  fieldCase('a single statement with a space in a field', { inlinePolicyDocument: { Statement: { ' Action': '*' } } }, [
    "the unknown field ' Action' at $.inlinePolicyDocument.Statement",
    "'Action'",
    "rename ' Action' to 'Action'",
  ]),
  fieldCase('a statement with a field that no policy of a role has', statement({ Principal: '*' }), [
    "the unknown field 'Principal' at $.inlinePolicyDocument.Statement[0]",
    'no fields but Sid, Effect, Action',
    "delete the field 'Principal'",
  ]),
  fieldCase('a statement with another effect', statement({ Effect: 'allow' }), [
    "'allow' at $.inlinePolicyDocument.Statement[0].Effect",
    '"Allow" or "Deny"',
    'write "Allow"',
  ]),
  fieldCase('a statement with an action that begins with a space', policy('s3:Get*', ' iam:CreateUser'), [
    "' iam:CreateUser' with ' ' (U+0020) as character 1 at $.inlinePolicyDocument.Statement[0].Action[1]",
    'an action without white space',
    "write 'iam:CreateUser'",
  ]),
  fieldCase('a statement with a soft hyphen in NotAction', statement({ NotAction: 'iam\u00ad:*' }), [
    '(U+00AD) as character 4',
    'an action without white space',
    "write 'iam:*'",
  ]),
  fieldCase('a policy with its statements in another letter case', { inlinePolicyDocument: { statement: [] } }, [
    "the unknown field 'statement' at $.inlinePolicyDocument",
    "'Statement'",
    "rename 'statement' to 'Statement'",
  ]),
  textCase(
    'an inline policy with a number beyond 2^53',
    '{"permissionSetName": "NAME", "inlinePolicyDocument": {"a": 12345678901234567890}}',
    ['at $.inlinePolicyDocument.a', '9007199254740991', 'double quotes'],
  ),
  fieldCase('six faults', { description: '', relayState: '', tags: 1, permissionsBoundary: 1, a: 1, b: 2 }, [
    '; and 1 more',
    'a list of at most 50 tags',
    'at most 50 tags',
  ]),
]

const wrongFileNames: readonly BadFile[] = [
  ['a file of another kind', 'A-ps.yaml', "'A-ps.yaml' without .json"],
  ['a file name without ending', 'A-ps', "'A-ps' without .json"],
  ['an ending in capitals', 'B-ps.JSON', "the ending '.JSON'"],
  ['a file in a folder', 'team-a/A-ps.json', "in the folder 'team-a'"],
  ['a file without name', '.json', 'without anything'],
  ['a name of 33 characters', `${'n'.repeat(33)}.json`, '33 characters'],
  ['a link', 'root%all%A-ps%team%GROUP%ssofile', "'root%all%A-ps%team%GROUP%ssofile' without .json"],
  ['a file name with a space', 'My set.json', "'My set' with the character ' '"],
  ['a file name with a letter of another alphabet', 'Équipe.json', "with the character 'É'"],
].map(([title = '', fileName = '', received = '']) => ({
  title,
  fileName,
  received,
  body: '{}',
  expected: 'permission_sets/<name>.json',
  remedy: fileName.includes('%') ? 'upload it under links_data/, then delete this one' : 'then delete this one',
}))

export const badPermissionSetFiles: readonly BadFile[] = [
  ...[...notJson, ...wrongShape, ...wrongValues, ...wrongPolicies].map((one, index) => {
    const name = `Bad${index + 1}-ps`
    const body = typeof one.body === 'string' ? one.body.replace('NAME', name) : one.body
    return { ...one, body, fileName: `${name}.json`, expected: one.expected.replace('NAME', name) }
  }),
  ...wrongFileNames,
]

export const badLinkBodies: readonly BadLinkBody[] = [
  textCase('plain text', 'for the audit in May', [
    "beginning with 'for the audit in May'",
    'empty file',
    '{ "reason": "…" }',
  ]),
  textCase('a single letter', 'x', ["beginning with 'x'", 'empty file', 'empty file']),
  textCase('an instant alone', '2026-12-24T18:00:00Z', [
    "beginning with '2026-12-24T18:00:00Z'",
    '"expiresAt"',
    'empty file',
  ]),
  textCase('a dashed line', '-- granted for the audit', [
    "beginning with '-- granted",
    'empty file',
    '{ "reason": "…" }',
  ]),
  textCase('a list', '[]', ['an empty list at $', 'one JSON object', 'empty file']),
  textCase('a text in quotes', '"for the audit"', ["'for the audit' at $", 'one JSON object', 'empty file']),
  textCase('null', 'null', ['null at $', 'one JSON object', 'empty file']),
  textCase('a number', '1', ['1 at $', 'one JSON object', 'empty file']),
  textCase('an object that was cut off', '{"expiresAt": "2026-12-24T18:00:00Z"', ['ends at line 1', "','", 'cut off']),
  textCase('an expiry twice', '{"expiresAt": "2026-12-24T18:00:00Z", "expiresAt": "2099-12-24T18:00:00Z"}', [
    "'expiresAt' for the second time",
    'once',
    'keep',
  ]),
  textCase('an expiry under another name', '{"expires": "2026-12-24T18:00:00Z"}', [
    "'expires'",
    "'expiresAt'",
    "rename 'expires' to 'expiresAt'",
  ]),
  textCase('an expiry in small letters', '{"expiresat": "2026-12-24T18:00:00Z"}', [
    "'expiresat'",
    "'expiresAt'",
    'rename',
  ]),
  textCase('an unknown field', '{"approvedBy": "me"}', ["'approvedBy'", 'notBefore', 'delete']),
  textCase('the field __proto__', '{"__proto__": {"expiresAt": "2026-12-24T18:00:00Z"}}', [
    "'__proto__'",
    'no fields but',
    'delete',
  ]),
  textCase('an expiry that is null', '{"expiresAt": null}', ['null at $.expiresAt', 'ISO 8601', 'leave the field out']),
  textCase('an empty expiry', '{"expiresAt": ""}', ["('') at $.expiresAt", 'ISO 8601', 'leave the field out']),
  textCase('an expiry in seconds', '{"expiresAt": 1798131600}', [
    '1798131600 at $.expiresAt',
    'ISO 8601',
    'in that form',
  ]),
  textCase('an expiry without time', '{"expiresAt": "2026-12-24"}', [
    "'2026-12-24'",
    'date, time and offset',
    '"2026-12-24T00:00:00Z"',
  ]),
  textCase('an expiry without offset', '{"expiresAt": "2026-12-24T18:00:00"}', [
    "'2026-12-24T18:00:00'",
    'offset',
    '"2026-12-24T18:00:00Z" if it is UTC',
  ]),
  textCase('an expiry with a space', '{"expiresAt": "2026-12-24 18:00"}', [
    "'2026-12-24 18:00'",
    'offset',
    '"2026-12-24T18:00Z"',
  ]),
  textCase('an expiry on 30 February', '{"expiresAt": "2026-02-30T18:00:00Z"}', [
    "'2026-02-30T18:00:00Z'",
    'ISO 8601',
    'that exist',
  ]),
  textCase('an expiry on 29 February of a year without one', '{"expiresAt": "2027-02-29T18:00:00Z"}', [
    "'2027-02-29",
    'ISO 8601',
    'that exist',
  ]),
  textCase('an expiry in month 13', '{"expiresAt": "2026-13-01T18:00:00Z"}', ["'2026-13-01", 'ISO 8601', 'that exist']),
  textCase('an expiry at 25 hours', '{"expiresAt": "2026-12-24T25:00:00Z"}', ['T25:00:00Z', 'ISO 8601', 'that exist']),
  textCase('an expiry with a short offset', '{"expiresAt": "2026-12-24T18:00:00+0100"}', [
    "+0100'",
    'ISO 8601',
    'write "2026-12-24T18:00:00+01:00"',
  ]),
  textCase('an expiry with a space before the offset', '{"expiresAt": "2026-12-24 18:00 +01"}', [
    "18:00 +01'",
    'ISO 8601',
    'write "2026-12-24T18:00+01:00"',
  ]),
  textCase('an expiry in words', '{"expiresAt": "tomorrow"}', ["'tomorrow'", 'ISO 8601', 'in that form']),
  textCase('an American date', '{"expiresAt": "12/24/2026 6:00 PM"}', [
    "'12/24/2026 6:00 PM'",
    'ISO 8601',
    'in that form',
  ]),
  textCase(
    'an expiry at the beginning',
    '{"notBefore": "2026-12-24T18:00:00+01:00", "expiresAt": "2026-12-24T17:00:00Z"}',
    [
      "'2026-12-24T17:00:00Z' at $.expiresAt",
      "after notBefore ('2026-12-24T18:00:00+01:00')",
      'from notBefore until expiresAt',
    ],
  ),
  textCase('a reason of 1,001 characters', JSON.stringify({ reason: 'r'.repeat(1001) }), [
    '(1001 characters)',
    'at most 1000',
    'shorten',
  ]),
  textCase('a ticket of 201 characters', JSON.stringify({ ticket: 't'.repeat(201) }), [
    '(201 characters)',
    'at most 200',
    'shorten',
  ]),
  textCase('a reason of two lines', '{"reason": "a\\nb"}', [
    "with '\\u{a}' (U+000A) as character 2",
    'control characters',
    'one line',
  ]),
  textCase('a ticket that is a number', '{"ticket": 4711}', ['4711 at $.ticket', 'one line', 'double quotes']),
  textCase('more than 16 KB', ' '.repeat(16 * 1024 + 1), ['16385 bytes', 'at most 16384', 'shorten']),
  textCase('UTF-16 with BOM', bytes([0xff, 0xfe], [...utf16('{}', true)]), ['UTF-16 or UTF-32', 'UTF-8', 'save']),
  textCase('only a BOM', bytes([0xef, 0xbb, 0xbf]), ['byte order mark', 'UTF-8', 'without BOM']),
  textCase('gzip data', gzip, ['gzip', 'UTF-8', 'unpack']),
  textCase('16,000 levels', '['.repeat(16_000), ['more than 50 levels', 'at most 50', 'check']),
  textCase('a NUL byte', bytes([0x7b, 0x7d, 0x0a, 0x0a, 0]), ["'\\u{0}'", 'a JSON value', 'correct it']),
]
