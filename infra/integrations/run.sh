#!/usr/bin/env bash
# What a pipeline does, on GitHub and GitLab. TOOL: a checkout of ssofile with its packages. COMMAND: plan, push or report.
set -euo pipefail
ssofile() { node "$TOOL/handlers/cli/launch.js" "$@"; }
post() { "$TOOL/node_modules/.bin/node" "$TOOL/infra/integrations/main.ts" "$@"; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# The part that the role of push may write: access, memberships, people or governance. Empty: the whole folder.
only=(${ONLY:+--only "$ONLY"})
# Not empty: ask IAM Access Analyzer about changed inline policies.
check=(${CHECK_ACCESS:+--check-access})

case "$COMMAND" in
  plan)
    code=0
    ssofile plan "$FOLDER" "${only[@]}" "${check[@]}" --markdown > "$out/plan.md" || code=$?
    # Exit code 2 with a plan: ssofile refuses a push of it, and the comment says why.
    if [ -s "$out/plan.md" ]; then post comment "$out/plan.md"; fi
    # After the comment: an invalid file, or one that a policy refuses, fails the pull request. SSOFILE_BUCKET's configuration says which
    # folders count.
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
    # Exit code 1 with a plan: a file in the bucket is invalid, and the report names it.
    if [ ! -s "$out/report.md" ]; then exit "$code"; fi
    post report "$out/report.md" "$code"
    ;;
  *)
    echo "ssofile: received COMMAND '$COMMAND', expected plan, push or report" >&2
    exit 2
    ;;
esac
