/** One line of IAM's credential report. Unknown instants, and those that mean nothing, are absent. */
export type CredentialReportLine = {
  readonly user: string
  readonly arn: string
  readonly madeAt: Date | undefined
  readonly hasPassword: boolean
  readonly passwordChangedAt: Date | undefined
  readonly passwordUsedAt: Date | undefined
  readonly hasMfa: boolean
  /** Inactive keys do not count. */
  readonly activeKeys: number
}

/**
 * Parses a credential report by the names of its columns, because AWS sometimes adds some. A user name may contain commas. It appears in
 * `user` and again in `arn`, so extra cells of a line belong to these two. (IAM User Guide, "Generate credential reports for your AWS
 * account".)
 */
export function parseCredentialReport(content: string): readonly CredentialReportLine[] {
  const [head = [], ...lines] = content
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(',').map((cell) => cell.replace(/^"|"$/g, '')))
  return lines.map((cells) => {
    const commas = Math.max(0, (cells.length - head.length) / 2)
    const names = [cells.slice(0, commas + 1).join(','), cells.slice(commas + 1, 2 * commas + 2).join(',')]
    const values = new Map([...names, ...cells.slice(2 * commas + 2)].map((value, index) => [head[index], value]))
    const instant = (column: string) => {
      const text = values.get(column) ?? ''
      return Number.isNaN(Date.parse(text)) ? undefined : new Date(text)
    }
    const holds = (column: string) => values.get(column)?.toLowerCase() === 'true'
    return {
      user: values.get('user') ?? '',
      arn: values.get('arn') ?? '',
      madeAt: instant('user_creation_time'),
      hasPassword: holds('password_enabled'),
      passwordChangedAt: instant('password_last_changed'),
      passwordUsedAt: instant('password_last_used'),
      hasMfa: holds('mfa_active'),
      activeKeys: ['access_key_1_active', 'access_key_2_active'].filter(holds).length,
    }
  })
}
