#!/usr/bin/env bash
# Installs reconciler into a folder of its own, and puts it on the PATH of the steps that follow.
#
#   INPUT_VERSION      empty: the very checkout of this action, which whoever uses it has pinned · 1.2.3: that
#                      release · installed: what is on the PATH already
set -euo pipefail

case ${INPUT_VERSION:-} in
  installed)
    command -v reconciler >/dev/null || { echo "Error: there is no reconciler on the PATH" >&2; exit 1; }
    exit 0
    ;;
  "") source=$ACTION_PATH ;;
  *[!0-9a-z.]*) echo "Error: reconciler-version is a version such as 0.1.0" >&2; exit 1 ;;
  *) source="case-reconciler==$INPUT_VERSION" ;;
esac

folder=$RUNNER_TEMP/reconciler-venv
python3 -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$source"
mkdir -p "$RUNNER_TEMP/reconciler-bin"
ln -sf "$folder/bin/reconciler" "$RUNNER_TEMP/reconciler-bin/reconciler"
printf '%s\n' "$RUNNER_TEMP/reconciler-bin" >>"$GITHUB_PATH"
