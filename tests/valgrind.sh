#!/usr/bin/env bash
# Runs the tests of lookups, lifecycle and threads under valgrind: no invalid access, no use of
# uninitialised memory. Reachable memory at exit is fine: families live as long as the process.
set -euo pipefail
cd "$(dirname "$0")/.."

program=$(cargo test --no-run --message-format=json --test it 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*\/it-[^"]*\)".*/\1/p' | tail -n 1)
[ -x "$program" ] || { echo "valgrind.sh: the test program was not built" >&2; exit 1; }

valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
    --show-leak-kinds=definite \
    "$program" --test-threads=2 labels:: updates:: families:: lifecycle:: registry:: \
    exemplars::kept
