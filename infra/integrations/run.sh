#!/usr/bin/env bash
# What a pipeline does, on GitHub and GitLab. TOOL: a checkout of ssofile with its packages. COMMAND: plan, push or report.
set -euo pipefail
ssofile() { node "$TOOL/handlers/cli/launch.js" "$@"; }
post() { "$TOOL/node_modules/.bin/node" "$TOOL/infra/integrations/main.ts" "$@"; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# access, memberships, people or governance: what the role of push may write. Empty: all that the folder has.
only=(${ONLY:+--only "$ONLY"})
# Not empty: IAM Access Analyzer is asked about changed inline policies.
check=(${CHECK_ACCESS:+--check-access})

case "$COMMAND" in
  plan)
    code=0
    ssofile plan "$FOLDER" "${only[@]}" "${check[@]}" --markdown > "$out/plan.md" || code=$?
    # Exit code 2 with a plan: a push of it is refused, and the comment says why.
    if [ -s "$out/plan.md" ]; then post comment "$out/plan.md"; fi
    # After the comment: a file that is not valid, or refused by a policy, fails the pull request.
    ssofile validate "$FOLDER"
    exit "$code"
    ;;
  push)
    digest=$(post digest)
    ssofile push "$FOLDER" "${only[@]}" --plan "$digest"
    ssofile status --wait
    ;;
  report)
    code=0
    ssofile plan "s3://$SSOFILE_BUCKET" --markdown --detailed-exitcode > "$out/report.md" || code=$?
    # Exit code 1 with a plan: a file in the bucket is not valid, and the report says which.
    if [ ! -s "$out/report.md" ]; then exit "$code"; fi
    post report "$out/report.md" "$code"
    ;;
  *)
    echo "ssofile: received COMMAND '$COMMAND', expected plan, push or report" >&2
    exit 2
    ;;
esac
