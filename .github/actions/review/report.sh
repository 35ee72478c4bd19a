# Reports what changed since BASE: annotations and the step summary, and files for an artifact and a comment.
set -euo pipefail
PATH="$RUNNER_TEMP/reconcile/bin:$PATH"

directory="$RUNNER_TEMP/reconcile-report"
rm -rf "$directory"
mkdir -p "$directory"
echo "directory=$directory" >> "$GITHUB_OUTPUT"
if git diff --quiet --no-ext-diff --no-textconv "$BASE" HEAD -- schedules; then
  touch "$directory/unchanged" # nothing that a first comment could say
fi
if ! reconcile diff "$BASE" --format markdown --output "$directory/report.md"; then
  # in the place of an earlier report, which would be read as one on this commit
  printf '### The schedules cannot be compared\n\nThe summary of the check says why.\n' >"$directory/report.md"
  exit 1
fi
reconcile diff "$BASE" --format svg --output "$directory/week.svg"
reconcile diff "$BASE" --format github >"$RUNNER_TEMP/annotations"
if [ "$FRESH" = true ]; then
  cat "$RUNNER_TEMP/annotations"
else # without the errors that the check has said of these lines already
  sed -E '/^::error ([^:]*,)?title=(stale|not-compiled|yaml|more|[^:,%]+%3A policy)::/d' "$RUNNER_TEMP/annotations"
fi
