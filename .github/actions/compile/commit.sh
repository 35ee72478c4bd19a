# Commits the lockfile of ./project, and nothing else, to BRANCH; a branch that went on meanwhile is left alone.
set -euo pipefail

lock=schedules/schedules.lock
git() { command git -C project -c core.hooksPath=/dev/null -c core.fsmonitor=false "$@"; }

git add -- "$lock"
if git diff --cached --quiet -- "$lock"; then
  echo "The lockfile is as it was: nothing to commit."
  exit 0
fi
git -c user.name='github-actions[bot]' -c user.email='41898282+github-actions[bot]@users.noreply.github.com' \
  commit --quiet --no-verify -m "Compile schedules.lock" -- "$lock"
# shellcheck disable=SC2016 # the helper reads the token itself: it is in no argument list
git -c credential.helper= \
  -c credential.helper='!f() { test "$1" = get && echo username=x-access-token && echo "password=$GITHUB_TOKEN"; }; f' \
  push --quiet origin "HEAD:refs/heads/$BRANCH"
echo "Committed $lock to the branch."
echo "committed=true" >> "$GITHUB_OUTPUT"
