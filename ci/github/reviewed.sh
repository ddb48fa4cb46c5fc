#!/usr/bin/env bash
# Finds the run that planned what was merged, so that its artefact can be fetched: `run-id` of the outputs.
#
#   HEAD_SHA           the last commit of the pull request
#   PLAN_WORKFLOW      file name of the workflow that plans
#   GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN (actions: read)
#
# Only a successful run of that workflow, for a pull request, of a branch of this repository counts.
set -euo pipefail

case $HEAD_SHA in
  *[!0-9a-f]* | "") echo "Error: HEAD_SHA is no commit" >&2; exit 1 ;;
esac
case $PLAN_WORKFLOW in
  *[!A-Za-z0-9_.-]* | "") echo "Error: PLAN_WORKFLOW is no file name" >&2; exit 1 ;;
esac

# The token goes in by a file descriptor: what stands on a command line, every process of the machine may read.
curl --silent --show-error --fail --max-time 60 --retry 3 --proto '=https,http' \
  --header @<(printf 'Authorization: Bearer %s\n' "$GITHUB_TOKEN") \
  --header 'Accept: application/vnd.github+json' \
  "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/actions/workflows/$PLAN_WORKFLOW/runs?head_sha=$HEAD_SHA&event=pull_request&status=success&per_page=100" |
  python3 -c '
import json, os, sys

runs = [
    run
    for run in json.load(sys.stdin)["workflow_runs"]
    if run["head_sha"] == os.environ["HEAD_SHA"]
    and run["event"] == "pull_request"
    and run["conclusion"] == "success"
    and (run.get("head_repository") or {}).get("full_name") == os.environ["GITHUB_REPOSITORY"]
]
if not runs:
    sys.exit("Error: no plan was made of this commit; nothing is applied")
newest = max(runs, key=lambda run: int(run["id"]))
print("run-id=%d" % int(newest["id"]))
' >>"$GITHUB_OUTPUT"
