# Checks the lockfile against the YAML and against the policy of BASE; writes `fresh` to GITHUB_OUTPUT.
# A stale lockfile fails a later step, so that the report is there all the same.
set -euo pipefail
PATH="$RUNNER_TEMP/reconcile/bin:$PATH"

policy="$RUNNER_TEMP/reconcile-policy"
rm -rf "$policy"
mkdir -p "$policy/schedules"
if git cat-file -e "$BASE:schedules" 2>/dev/null; then
  git archive --format=tar "$BASE" schedules | tar -xf - -C "$policy"
fi

set +e
reconcile compile --check --format github --policy-from "$policy/schedules" >"$RUNNER_TEMP/check"
code=$?
set -e
cat "$RUNNER_TEMP/check"

if [ "$code" = 0 ]; then
  echo "fresh=true" >> "$GITHUB_OUTPUT"
  exit 0
fi
echo "fresh=false" >> "$GITHUB_OUTPUT"
{
  echo "### The lockfile does not hold"
  echo
  # The text between the two lines that keep the runner from heeding it; indented, which no text can end; cut
  # well before the 1 MiB at which a summary is refused.
  awk 'NR == 1 { sub("stop-commands::", ""); mark = $0 "::"; next }
    $0 == mark { exit }
    (size += length($0) + 5) > 200000 { print "    and more: see the log"; exit }
    { print "    " $0 }' "$RUNNER_TEMP/check"
  echo
  if [ "$code" = 4 ]; then
    echo 'Run `reconcile compile` and commit `schedules/schedules.lock`. What only a model can read, a maintainer compiles.'
  fi
  echo
} >> "$GITHUB_STEP_SUMMARY"
