#!/usr/bin/env bash
# One step of the action (../../action.yml): validate, plan, apply or drift in the current folder.
#
#   INPUT_MODE         validate | plan | apply | drift
#   INPUT_PLAN_FILE    written by plan, read by apply
#   INPUT_APPROVAL     apply: plan = exactly that file · digest = a fresh plan that means the same
#   INPUT_COMMENT      plan: true = the one comment under the pull request · false = the step summary
#   INPUT_ISSUE        drift: true = the one issue while there is drift
#
# Nothing of the event is pasted into this text: all of it comes through the environment, and is quoted.
set -euo pipefail

plan=${INPUT_PLAN_FILE:-plan.json}
scratch=$(mktemp -d "${RUNNER_TEMP:-/tmp}/reconciler.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# The runner reads outputs and the summary from files; outside of it they go nowhere.
GITHUB_OUTPUT=${GITHUB_OUTPUT:-/dev/null}
step_summary=${GITHUB_STEP_SUMMARY:-/dev/null}

fail() {
  printf 'Error: %s\n' "$1" >&2
  exit 1
}

# Run a command that says 2 where there is something to do; anything but that and 0 ends the step.
run() {
  code=0
  "$@" || code=$?
  case $code in
    0 | 2) ;;
    *) exit "$code" ;;
  esac
}

# output CHANGES [PATTERN]: what the step says to those after it; the summary is the last line like PATTERN.
output() {
  local line
  line=$(grep -E "${2:-^}" "$scratch/text" | tail -n 1 || true)
  printf 'changes=%s\nplan-file=%s\nsummary=%s\n' "$1" "$plan" "$line" >>"$GITHUB_OUTPUT"
}

changes() {
  if [ "$code" -eq 2 ]; then echo true; else echo false; fi
}

case $plan in
  *[[:cntrl:]]*) fail "plan-file holds a control character" ;;
esac

case ${INPUT_MODE:-} in
  validate)
    run reconciler validate | tee "$scratch/text"
    output false '^Valid: '
    ;;

  plan)
    run reconciler plan --out "$plan" --detailed-exitcode --no-color >"$scratch/text"
    cat "$scratch/text"
    output "$(changes)" '^(Plan: |No changes\.)'
    if [ "${INPUT_COMMENT:-true}" = true ]; then
      reconciler comment --plan "$plan"
    else
      reconciler show "$plan" --format markdown --budget 200000 >>"$step_summary"
    fi
    ;;

  apply)
    [ -f "$plan" ] || fail "there is no $plan: nothing was reviewed, so nothing is applied"
    code=0
    case ${INPUT_APPROVAL:-plan} in
      plan) reconciler apply "$plan" --no-input --no-color --lock-timeout 5m >"$scratch/text" || code=$? ;;
      digest) reconciler apply --if-digest "$plan" --no-input --no-color --lock-timeout 5m >"$scratch/text" || code=$? ;;
      *) fail "approval is plan or digest" ;;
    esac
    cat "$scratch/text"
    if grep -q '^Applied: ' "$scratch/text"; then applied=true; else applied=false; fi
    output "$applied" '^(Applied: |No changes\.)'
    { printf '```text\n'; grep -E '^(Applied: |No changes\.)' "$scratch/text" || echo "Nothing was applied."; printf '```\n'; } >>"$step_summary"
    exit "$code"
    ;;

  drift)
    run reconciler drift --format markdown >"$scratch/drift.md"
    cat "$scratch/drift.md" >>"$step_summary"
    sed -n 's/^\*\*\(.*\)\*\*$/\1/p' "$scratch/drift.md" | head -n 1 >"$scratch/text"
    cat "$scratch/text"
    output "$(changes)"
    if [ "${INPUT_ISSUE:-true}" = true ]; then
      if [ "$code" -eq 2 ]; then
        reconciler issue --drift "$scratch/drift.md"
      else
        reconciler issue --clean
      fi
    fi
    ;;

  *)
    fail "mode is validate, plan, apply or drift"
    ;;
esac
