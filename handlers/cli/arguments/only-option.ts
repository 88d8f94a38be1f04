import { Option } from 'commander'

/** `--only`: for people whose rights end where those of others begin. */
export function onlyOption(): Option {
  return new Option(
    '--only <part>',
    'access: only links_data/ and permission_sets/; governance: only policies/, selectors/, eligibility/, hygiene.json and access_control_attributes.json, which only governance may write; credentials: only retire/',
  )
    .choices(['access', 'governance', 'credentials'])
    .conflicts('folder')
}
