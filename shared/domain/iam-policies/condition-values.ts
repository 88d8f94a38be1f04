import * as z from 'zod'

/** A form that the values of some condition operators have. */
type ValueForm = {
  readonly operators: RegExp
  /** What AWS does with a value of another form: it refuses the policy, or it accepts it and the value matches nothing. */
  readonly otherwise: 'refused' | 'matches nothing'
  readonly fits: (text: string) => boolean
  readonly expected: string
  readonly remedy: string
}

/**
 * | operators                    | form                                   | a value of another form |
 * | ---------------------------- | -------------------------------------- | ----------------------- |
 * | `Date…`                      | ISO 8601, or seconds since 1970        | AWS refuses it          |
 * | `Numeric…`                   | a number                               | matches nothing         |
 * | `Bool`, `Null`               | true or false                          | matches nothing         |
 * | `BinaryEquals`               | Base64                                 | matches nothing         |
 * | `IpAddress`, `NotIpAddress`  | an address, or a range such as 10.0.0.0/8 | matches nothing      |
 * | `Arn…`                       | one ARN, or `*`                        | matches nothing         |
 * | `String…`                    | any text                               |                         |
 *
 * (IAM User Guide, "IAM JSON policy elements: Condition operators".)
 */
const forms: readonly ValueForm[] = [
  {
    operators: /^Date/,
    otherwise: 'refused',
    fits: isDate,
    expected: 'a date such as 2026-12-24T18:00:00Z, or seconds since 1970',
    remedy: 'write the date in this form',
  },
  {
    operators: /^Numeric/,
    otherwise: 'matches nothing',
    fits: (text) => /^[-+]?(\d+(\.\d*)?|\.\d+)$/.test(text),
    expected: 'a number such as 3600',
    remedy: 'write the number alone, without a unit',
  },
  {
    operators: /^(Bool|Null)/,
    otherwise: 'matches nothing',
    fits: (text) => /^(true|false)$/i.test(text),
    expected: 'true or false',
    remedy: 'write "true" or "false"',
  },
  {
    operators: /^Binary/,
    otherwise: 'matches nothing',
    fits: (text) => /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0,
    expected: 'bytes in Base64',
    remedy: 'write the Base64 of the bytes',
  },
  {
    operators: /^(Not)?IpAddress/,
    otherwise: 'matches nothing',
    fits: (text) => address.safeParse(text).success,
    expected: 'an address or a range such as 203.0.113.0/24 or 2001:db8::/32',
    remedy: 'write the range, and several ranges as a list',
  },
  {
    operators: /^Arn/,
    otherwise: 'matches nothing',
    fits: (text) => /^([*?]|arn:)/.test(text) && !severalArns.test(text),
    expected: 'one ARN',
    remedy: 'write one whole ARN, and several ARNs as a list',
  },
]

/** IAM takes no short forms such as `10.1`. */
const address = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])

/** The second ARN in a text that should have one. */
export const severalArns = /[\s,;|]+arn:/

/** The form that a value of this operator does not have. `undefined`: it has it, or the operator takes every text. */
export function breachOfForm(operator: string, text: string): ValueForm | undefined {
  const plain = operator.replace(/^For(Any|All)Values?:/, '')
  const form = forms.find(({ operators }) => operators.test(plain))
  return form === undefined || form.fits(text) ? undefined : form
}

/** Whether an operator is met by every value that its own value does not match. */
export function isNegated(operator: string): boolean {
  return /^(For\w+:)?(Not|[A-Z][a-z]+Not)/.test(operator)
}

/** ISO 8601, also with its end left out. (IAM User Guide, "Date condition operators".) */
function isDate(text: string): boolean {
  const [isIso, month = '1', day = '1'] =
    /^\d{4}(?:-(\d\d)(?:-(\d\d)(?:T[\d:.]+(?:Z|[+-]\d\d(?::?\d\d)?)?)?)?)?$/i.exec(text) ?? []
  return /^-?\d+$/.test(text) || (isIso !== undefined && inRange(month, 12) && inRange(day, 31))
}

const inRange = (digits: string, most: number): boolean => Number(digits) >= 1 && Number(digits) <= most
