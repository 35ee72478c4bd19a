# Compiles ./project with the model that the environment names; writes `open` to GITHUB_OUTPUT: are there questions?
set -euo pipefail
PATH="$RUNNER_TEMP/reconcile/bin:$PATH"
# GitHub hands over what is not set as empty, which is not the same here.
for name in OPENAI_API_KEY OPENAI_BASE_URL RECONCILE_MODEL; do
  [ -n "${!name:-}" ] || unset "$name"
done

mark="reconcile-$(python3 -I -c 'import secrets; print(secrets.token_hex(16))')"
echo "::stop-commands::$mark"
set +e
reconcile -C project compile --model >"$RUNNER_TEMP/compile" 2>&1
code=$?
set -e
cat "$RUNNER_TEMP/compile"
echo "::$mark::"

{
  echo "### Compiled with a model"
  echo
  # Indented, which no text can end; cut well before the 1 MiB at which a summary is refused.
  awk '(size += length($0) + 5) > 200000 { print "    and more: see the log"; exit }
    { print "    " $0 }' "$RUNNER_TEMP/compile"
  echo
} >> "$GITHUB_STEP_SUMMARY"

case $code in
  0) echo "open=false" >> "$GITHUB_OUTPUT" ;;
  5) echo "open=true" >> "$GITHUB_OUTPUT" ;;
  *) exit "$code" ;;
esac
