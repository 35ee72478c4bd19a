# Writes the commit to compare with to GITHUB_OUTPUT as `commit`; fails where it cannot be had.
set -euo pipefail

field() { # the text at a path such as `pull_request base sha` of the event, or nothing
  python3 -I - "$@" <<'PY' # -I: a json.py of the pull request is not run
import json, os, sys
found = json.load(open(os.environ["GITHUB_EVENT_PATH"], encoding="utf-8"))
for key in sys.argv[1:]:
    found = found.get(key) if isinstance(found, dict) else None
print(found if isinstance(found, str) else "")
PY
}

have() { git cat-file -e "$1^{commit}" 2>/dev/null; }

from_event() {
  local head parents
  head=$(field pull_request head sha)
  # Not by `HEAD^1`: in a shallow clone git hides the parents that the commit names.
  parents=$(git cat-file -p HEAD | sed -n '/^$/q; s/^parent //p')
  if [ -n "$head" ] && [ "$(sed -n 2p <<<"$parents")" = "$head" ]; then
    sed -n 1p <<<"$parents" # newer than the base that the event names, where that branch went on
    return
  fi
  for path in "pull_request base sha" "merge_group base_sha" before; do
    # shellcheck disable=SC2086
    found=$(field $path)
    if [ -n "$found" ] && [ -n "${found//0/}" ]; then
      echo "$found"
      return
    fi
  done
}

wanted=${WANTED:-$(from_event)}
if [ -z "$wanted" ]; then
  echo "::error title=schedules::The event names no base to compare with: give the action the input 'base'."
  exit 1
fi
if ! [[ $wanted =~ ^[0-9A-Za-z][0-9A-Za-z./_^~-]*$ ]]; then
  echo "::error title=schedules::The input 'base' is no plain revision."
  exit 1
fi
if ! have "$wanted" && [[ $wanted =~ ^[0-9a-f]{40,64}$ ]]; then
  git fetch --quiet --no-tags --no-recurse-submodules --depth=1 origin "$wanted" || true
fi
if ! have "$wanted"; then
  echo "::error title=schedules::The base $wanted is not in this clone: check out with 'fetch-depth: 2' or more."
  exit 1
fi
echo "commit=$(git rev-parse --verify --quiet --end-of-options "$wanted^{commit}")" >> "$GITHUB_OUTPUT"
