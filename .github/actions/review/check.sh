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
reconcile compile --check --format github --policy-from "$policy/schedules" \
  >"$RUNNER_TEMP/annotations" 2>"$RUNNER_TEMP/check"
code=$?
set -e

# What people wrote reaches this log; between the two marks no line of it is a command to the runner.
mark="reconcile-$(python3 -c 'import secrets; print(secrets.token_hex(16))')"
echo "::stop-commands::$mark"
cat "$RUNNER_TEMP/check"
echo "::$mark::"
cat "$RUNNER_TEMP/annotations"

if [ "$code" = 0 ]; then
  echo "fresh=true" >> "$GITHUB_OUTPUT"
  exit 0
fi
echo "fresh=false" >> "$GITHUB_OUTPUT"
{
  echo "### The lockfile does not hold"
  echo
  head -c 200000 "$RUNNER_TEMP/check" | sed 's/^/    /' # indented, which no text can end
  echo
  if [ "$code" = 4 ]; then
    echo 'Run `reconcile compile` and commit `schedules/schedules.lock`. What only a model can read, a maintainer compiles.'
  fi
  echo
} >> "$GITHUB_STEP_SUMMARY"
