/** An account of the local system in which nobody needs anything. */
export const account = '233000000002'
/** `--account` and `--group` of an acceptance on the local system. */
export const sandbox: readonly string[] = [
  ...['--account', account, '240000000001', '240000000002', '240000000003', '240000000004', '240000000005'],
  ...['240000000006', '250000000001', '250000000002', '250000000003', '250000000004', '260000000001'],
  ...['260000000002', '260000000003', '260000000004', '260000000005', '--group', 'team-Accountants'],
]
