/** Keys that must be rejected, as data: for the parser's tests and for the end-to-end test that uploads them. */
export type BadLinkKey = {
  /** A sentence in the field's terms. */
  readonly title: string
  /** The whole key, `links_data/` included. No two are equal, so all can lie in one bucket. */
  readonly key: string
  /** What the complaint must contain. */
  readonly received: string
  readonly expected: string
  readonly remedy: string
}

/** The folders that the configuration declares where these keys are tried. */
export const declaredFolders = ['team-a', 'sync/upstream'] as const

type Telling = readonly [received: string, expected: string, remedy: string]

const bad = (title: string, name: string, [received, expected, remedy]: Telling): BadLinkKey => ({
  title,
  key: `links_data/${name}`,
  received,
  expected,
  remedy,
})
/** The complaint must name this key, whole. */
const use = (name: string) => `upload it again as 'links_data/${name}', then delete this one`

const scopes = 'one of root, ou_id, account_tag, account, select as the scope'
const wrongScope: readonly BadLinkKey[] = [
  bad('the scope ou', 'ou%ou-abcd-11111111%ReadOnly%team%GROUP%ssofile', [
    "scope 'ou'",
    scopes,
    use('ou_id%ou-abcd-11111111%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('the scope in capitals', 'OU_ID%ou-abcd-11111111%ReadOnly%team%GROUP%ssofile', [
    "scope 'OU_ID'",
    scopes,
    use('ou_id%ou-abcd-11111111%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('the scope tag', 'tag%team^Data%ReadOnly%team%GROUP%ssofile', [
    "scope 'tag'",
    scopes,
    use('account_tag%team^Data%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('a hyphen in the scope', 'account-tag%team^%ReadOnly%team%GROUP%ssofile', [
    "scope 'account-tag'",
    scopes,
    use('account_tag%team^%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('the scope selector', 'selector%prod.json%ReadOnly%team%GROUP%ssofile', [
    "scope 'selector'",
    scopes,
    use('select%prod%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('a selector with a dot', 'select%prod.2%ReadOnly%team%GROUP%ssofile', [
    "value 'prod.2'",
    'the name of a selector: 1 to 64 letters',
    'without .json',
  ]),
  bad('an empty selector', 'select%%ReadOnly%team%GROUP%ssofile', [
    'an empty value',
    'the name of a selector',
    'without .json',
  ]),
  bad('an unknown scope', 'everywhere%all%ReadOnly%team%GROUP%ssofile', [
    "scope 'everywhere'",
    scopes,
    'begin the name with one of these',
  ]),
  bad("a scope that is a word of JavaScript's", 'constructor%all%ReadOnly%team%GROUP%ssofile', [
    "scope 'constructor'",
    scopes,
    'begin the name with one of these',
  ]),
  bad('an empty scope', '%all%ReadOnly%team%GROUP%ssofile', ['an empty scope', scopes, 'begin the name']),
  bad('text before the scope', 'xroot%all%ReadOnly%team%GROUP%ssofile', [
    "scope 'xroot'",
    scopes,
    use('root%all%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('a space before the scope', ' root%all%ReadOnly%team%GROUP%ssofile', [
    "scope ' root'",
    scopes,
    use('root%all%ReadOnly%team%GROUP%ssofile'),
  ]),
]

const wrongValue: readonly BadLinkKey[] = [
  bad('an account of 11 digits', 'account%12345678901%ReadOnly%team%GROUP%ssofile', [
    "value '12345678901'",
    'an account id of twelve digits (not 11) after account%',
    'with leading zeros',
  ]),
  bad('an account of 13 digits', 'account%1234567890123%ReadOnly%team%GROUP%ssofile', [
    "value '1234567890123'",
    'an account id of twelve digits (not 13) after account%',
    'all twelve digits',
  ]),
  bad('an account with hyphens, as the console shows it', 'account%1234-5678-9012%ReadOnly%team%GROUP%ssofile', [
    "value '1234-5678-9012'",
    'an account id of twelve digits',
    use('account%123456789012%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad("an account's name", 'account%Production%ReadOnly%team%GROUP%ssofile', [
    "value 'Production'",
    'an account id of twelve digits',
    'all twelve digits',
  ]),
  bad('an account id in Arabic digits', 'account%١٢٣٤٥٦٧٨٩٠١٢%ReadOnly%team%GROUP%ssofile', [
    "value '١٢٣٤٥٦٧٨٩٠١٢'",
    'an account id of twelve digits',
    'all twelve digits',
  ]),
  bad('an empty account', 'account%%ReadOnly%team%GROUP%ssofile', [
    'an empty value',
    'an account id of twelve digits after account%',
    'all twelve digits',
  ]),
  bad('an organizational unit as an account', 'account%ou-abcd-11111111%ReadOnly%team%GROUP%ssofile', [
    "value 'ou-abcd-11111111'",
    'an account id of twelve digits',
    use('ou_id%ou-abcd-11111111%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('root with another value than all', 'root%some%ReadOnly%team%GROUP%ssofile', [
    "value 'some'",
    "'all' after root%",
    'write root%all% if every account is meant',
  ]),
  bad('root with All', 'root%All%ReadOnly%team%GROUP%ssofile', [
    "value 'All'",
    "'all' after root%",
    use('root%all%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('root with an empty value', 'root%%ReadOnly%team%GROUP%ssofile', [
    'an empty value',
    "'all' after root%",
    'write root%all%',
  ]),
  bad("an organizational unit's name", 'ou_id%Workloads%ReadOnly%team%GROUP%ssofile', [
    "value 'Workloads'",
    'the id of an organizational unit (ou-…) or of the root (r-…) after ou_id%',
    'write the id, which AWS Organizations shows beside the name',
  ]),
  bad("an organizational unit's id in capitals", 'ou_id%OU-ABCD-11111111%ReadOnly%team%GROUP%ssofile', [
    "value 'OU-ABCD-11111111'",
    'the id of an organizational unit',
    use('ou_id%ou-abcd-11111111%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('an account as an organizational unit', 'ou_id%123456789012%ReadOnly%team%GROUP%ssofile', [
    "value '123456789012'",
    'the id of an organizational unit',
    use('account%123456789012%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('an empty organizational unit', 'ou_id%%ReadOnly%team%GROUP%ssofile', [
    'an empty value',
    'the id of an organizational unit',
    'write the id',
  ]),
  bad('a tag without ^', 'account_tag%DataScientists%ReadOnly%team%GROUP%ssofile', [
    "value 'DataScientists'",
    'a tag as key^value after account_tag%',
    'write the key, ^ and the value',
  ]),
  bad('a tag with = for ^', 'account_tag%team=Data%ReadOnly%team%GROUP%ssofile', [
    "value 'team=Data'",
    'a tag as key^value',
    use('account_tag%team^Data%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('a tag with an empty key', 'account_tag%^Data%ReadOnly%team%GROUP%ssofile', [
    "value '^Data'",
    'a tag as key^value',
    'write the key, ^ and the value',
  ]),
  bad('an empty tag', 'account_tag%%ReadOnly%team%GROUP%ssofile', [
    'an empty value',
    'a tag as key^value',
    'write the key, ^ and the value',
  ]),
  bad('a tag key of 129 characters', `account_tag%${'k'.repeat(129)}^v%ReadOnly%team%GROUP%ssofile`, [
    "value 'kkk",
    'a tag key of at most 128 and a value of at most 256 characters',
    'use a tag that AWS can hold',
  ]),
  bad('a tag value of 257 characters', `account_tag%k^${'v'.repeat(257)}%ReadOnly%team%GROUP%ssofile`, [
    "value 'k^vvv",
    'a tag key of at most 128 and a value of at most 256 characters',
    'use a tag that AWS can hold',
  ]),
]

const letters = '1 to 32 letters (A to Z, a to z), digits or any of _ + = , . @ - as the third field'
const wrongGrant: readonly BadLinkKey[] = [
  bad('a permission set name of 33 characters', `root%all%${'P'.repeat(33)}%team%GROUP%ssofile`, [
    `permission set '${'P'.repeat(33)}' of 33 characters`,
    letters,
    'the name that the permission set has in IAM Identity Center',
  ]),
  bad('a permission set name with a space', 'root%all%Read Only%team%GROUP%ssofile', [
    "permission set 'Read Only'",
    letters,
    'the name that the permission set has in IAM Identity Center',
  ]),
  bad('a permission set name with a letter of another alphabet', 'root%all%RéadOnly%team%GROUP%ssofile', [
    "permission set 'RéadOnly'",
    letters,
    'the name that the permission set has in IAM Identity Center',
  ]),
  bad('a space after the permission set', 'root%all%ReadOnly %team%GROUP%ssofile', [
    "permission set 'ReadOnly '",
    letters,
    use('root%all%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('an empty permission set', 'root%all%%team%GROUP%ssofile', [
    'an empty permission set',
    letters,
    'write the name',
  ]),
  bad('a tag value that ends in %', 'account_tag%discount^10%%ReadOnly%team%GROUP%ssofile', [
    'an empty permission set',
    letters,
    'a tag with % in it cannot be named',
  ]),
  bad('an empty group', 'root%all%ReadOnly%%GROUP%ssofile', [
    'an empty principal',
    'the name of a group as the fourth field',
    'write the group before %GROUP%ssofile',
  ]),
  bad('an empty user', 'root%all%ReadOnly%%USER%ssofile', [
    'an empty principal',
    'the name of a user as the fourth field',
    'write the user before %USER%ssofile',
  ]),
  bad('the type in small letters', 'root%all%ReadOnly%team%group%ssofile', [
    "type 'group'",
    "'GROUP' or 'USER' in capitals",
    use('root%all%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('the type in the plural', 'root%all%ReadOnly%zoë%Users%ssofile', [
    "type 'Users'",
    "'GROUP' or 'USER' in capitals",
    use('root%all%ReadOnly%zoë%USER%ssofile'),
  ]),
  bad('an unknown type', 'root%all%ReadOnly%team%ROLE%ssofile', [
    "type 'ROLE'",
    "'GROUP' or 'USER' in capitals",
    'write %GROUP%ssofile or %USER%ssofile at the end',
  ]),
  bad('an empty type', 'root%all%ReadOnly%team%%ssofile', [
    'an empty type',
    "'GROUP' or 'USER' in capitals",
    'write %GROUP%ssofile or %USER%ssofile at the end',
  ]),
]

const six = 'six fields: scope%value%permissionSet%principal%TYPE%ssofile'
const suffix = "'ssofile' as the last field, nothing after it"
const wrongFields: readonly BadLinkKey[] = [
  bad('five fields, the type missing', 'root%all%ReadOnly%team%ssofile', ['5 fields', six, 'write all six, as in']),
  bad('five fields, the suffix missing', 'root%all%ReadOnly%team%GROUP', [
    '5 fields',
    six,
    use('root%all%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('a name without fields', 'readme.txt', ['1 field', six, 'write all six, as in']),
  bad('the name of a permission set file', 'Billing-ps.json', [
    '1 field',
    six,
    'if it is a permission set, upload it under permission_sets/',
  ]),
  bad('an extension', 'root%all%ReadOnly%team%GROUP%ssofile.txt', [
    "last field 'ssofile.txt'",
    suffix,
    use('root%all%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('an extension after a suffix and a space', 'root%all%ReadOnly%team2%GROUP%ssofile - Copy', [
    "last field 'ssofile - Copy'",
    suffix,
    use('root%all%ReadOnly%team2%GROUP%ssofile'),
  ]),
  bad('the suffix in capitals', 'root%all%ReadOnly%team%GROUP%SSOFILE', [
    "last field 'SSOFILE'",
    suffix,
    use('root%all%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('another suffix', 'root%all%ReadOnly%team%GROUP%txt', ["last field 'txt'", suffix, 'end the name with %ssofile']),
  bad('an empty suffix', 'root%all%ReadOnly%team%GROUP%', [
    'an empty last field',
    suffix,
    'end the name with %ssofile',
  ]),
  bad('a field after the suffix', 'root%all%ReadOnly%team%GROUP%ssofile%2026', [
    "last field '2026'",
    suffix,
    'end the name with %ssofile',
  ]),
  bad('a folder as its own name', 'root%all%ReadOnly%team%GROUP%ssofile/notes', [
    "last field 'ssofile/notes'",
    suffix,
    use('root%all%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('several slips at once', 'ROOT%ALL%ReadOnly%Équipe d’audit%groups%SSOFile.TXT', [
    "last field 'SSOFile.TXT'",
    suffix,
    use('root%all%ReadOnly%Équipe d’audit%GROUP%ssofile'),
  ]),
  bad('a name that was URL-encoded once too often', 'root%25all%25ReadOnly%25Support%20desk%25GROUP%25ssofile', [
    "last field '25ssofile'",
    suffix,
    use('root%all%ReadOnly%Support desk%GROUP%ssofile'),
  ]),
]

const folders = "a link directly under links_data/ or in one of the declared folders 'team-a', 'sync/upstream'"
const wrongPlace: readonly BadLinkKey[] = [
  bad('an undeclared folder', 'payroll/root%all%ReadOnly%team%GROUP%ssofile', [
    "folder 'payroll'",
    folders,
    'or have the folder declared in the configuration ("folders")',
  ]),
  bad('a declared folder in other letters', 'Team-A/root%all%ReadOnly%team%GROUP%ssofile', [
    "folder 'Team-A'",
    folders,
    use('team-a/root%all%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('a folder below a declared one', 'team-a/old/root%all%ReadOnly%team%GROUP%ssofile', [
    "folder 'team-a/old'",
    folders,
    'or have the folder declared',
  ]),
  bad('a slash at the beginning', '/root%all%ReadOnly%team%GROUP%ssofile', [
    'an empty folder',
    folders,
    'upload it to links_data/',
  ]),
]

const wrongCharacters: readonly BadLinkKey[] = [
  bad('950 bytes', `root%all%ReadOnly%${'g'.repeat(950 - 11 - 18 - 14)}%GROUP%ssofile`, [
    'a key of 950 bytes',
    'at most 900 bytes in UTF-8',
    'use a shorter folder, or give the tag or the principal a shorter name',
  ]),
  bad('901 bytes of letters of two bytes', `root%all%ReadOnly%${'é'.repeat(429)}%GROUP%ssofile`, [
    'a key of 901 bytes',
    'at most 900 bytes in UTF-8',
    'give the tag or the principal a shorter name',
  ]),
  bad('accented letters in NFD', `root%all%ReadOnly%${'Équipe'.normalize('NFD')}%GROUP%ssofile`, [
    'not in Unicode normal form NFC',
    'the same name in NFC',
    use('root%all%ReadOnly%Équipe%GROUP%ssofile'),
  ]),
  bad('a carriage return at the end', 'root%all%ReadOnly%team%GROUP%ssofile\r', [
    'a name with the control character \\u{d}',
    'printable characters',
    use('root%all%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('a line end in a name', 'root%all%ReadOnly%te\nam%GROUP%ssofile', [
    'a name with the control character \\u{a}',
    'printable characters',
    use('root%all%ReadOnly%team%GROUP%ssofile'),
  ]),
  bad('a tabulator in a name', 'root%all%ReadOnly%Support\tdesk%GROUP%ssofile', [
    'a name with the control character \\u{9}',
    'printable characters',
    use('root%all%ReadOnly%Supportdesk%GROUP%ssofile'),
  ]),
  bad('a line separator', 'root%all%ReadOnly%te\u2028am%GROUP%ssofile', [
    'a name with the control character \\u{2028}',
    'printable characters',
    use('root%all%ReadOnly%team%GROUP%ssofile'),
  ]),
]

export const badLinkKeys: readonly BadLinkKey[] = [
  ...wrongScope,
  ...wrongValue,
  ...wrongGrant,
  ...wrongFields,
  ...wrongPlace,
  ...wrongCharacters,
]
