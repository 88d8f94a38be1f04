/** The ready line, and AWS CLI commands to copy: they grant access, show it and revoke it. */
export function renderGreeting(url: string, page: string): string {
  return `ssofile is ready on ${url} (Ctrl-C stops it; without --data-dir, all data is lost then)

In another terminal, in the same folder:
  export AWS_ENDPOINT_URL=${url} AWS_ACCESS_KEY_ID=me AWS_SECRET_ACCESS_KEY=any AWS_DEFAULT_REGION=us-east-1
  alias aws="aws --endpoint-url ${url}"     # AWS CLIs before 2.13 do not read AWS_ENDPOINT_URL
  alias ssofile="npx --no-install ssofile"  # or permanently, in any folder: npm link
  link='account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'

Grant    aws s3 cp fixtures/acme/permission_sets/Billing-ps.json s3://ssofile/permission_sets/
         printf '' | aws s3 cp - "s3://ssofile/links_data/$link"
Look     ssofile status "$link" --wait
         aws s3 ls --recursive s3://ssofile
         in a browser: ${url}/_ssofile/access
Revoke   aws s3 rm "s3://ssofile/links_data/$link"
Ask      for temporary access, and approve it, as any user: ${page}

The log follows:
`
}
