# Reports what changed since BASE: annotations and the step summary, and files for an artifact and a comment.
set -euo pipefail
PATH="$RUNNER_TEMP/reconcile/bin:$PATH"

directory="$RUNNER_TEMP/reconcile-report"
mkdir -p "$directory"
echo "directory=$directory" >> "$GITHUB_OUTPUT"
reconcile diff "$BASE" --format markdown --output "$directory/report.md"
reconcile diff "$BASE" --format svg --output "$directory/week.svg"
reconcile diff "$BASE" --format github
