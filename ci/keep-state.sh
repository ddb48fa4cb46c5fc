#!/usr/bin/env bash
# Commits what an apply has recorded, and brings it to the branch from which everybody plans.
#
#   STATE_BRANCH       that branch
#   STATE_PATH         what to commit; default: state
#   STATE_TOKEN        may push; leave it empty where git knows a way itself
#   STATE_USER         who the token is for: x-access-token on GitHub, any name on GitLab
#
# Run it after every apply, also after one that failed: what was done is recorded, and must not be forgotten.
set -euo pipefail

branch=$STATE_BRANCH
path=${STATE_PATH:-state}

git check-ref-format --branch "$branch" >/dev/null
if ! compgen -G "$path/*.json" >/dev/null; then
  echo "There is no state in $path: nothing was recorded."
  exit 0
fi

# In the environment of git, and not on its command line, where every process of the machine may read it.
if [ -n "${STATE_TOKEN:-}" ]; then
  url=$(git remote get-url origin)
  export GIT_CONFIG_COUNT=1
  export GIT_CONFIG_KEY_0="http.${url%%/"${url#*://*/}"}/.extraHeader"
  GIT_CONFIG_VALUE_0="Authorization: Basic $(printf '%s:%s' "${STATE_USER:-x-access-token}" "$STATE_TOKEN" | base64 | tr -d '\n')"
  export GIT_CONFIG_VALUE_0
fi

git add -- "$path/*.json"
if git diff --cached --quiet; then
  echo "Nothing new was recorded."
  exit 0
fi
git -c user.name=reconciler -c user.email=reconciler@localhost commit --quiet \
  --message "Record what was applied [skip ci]"

# Others may push in the meantime; the state is written by one job at a time, so a rebase meets no other state.
for attempt in 1 2 3 4 5; do
  if git push --quiet origin "HEAD:refs/heads/$branch"; then
    echo "Recorded on $branch."
    exit 0
  fi
  sleep "$attempt"
  git -c user.name=reconciler -c user.email=reconciler@localhost pull --quiet --rebase origin "$branch"
done
echo "Error: the state could not be pushed to $branch; keep $path of this job, and push it by hand" >&2
exit 1
