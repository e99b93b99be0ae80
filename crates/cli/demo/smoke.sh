#!/bin/sh
# A gate: exit code 0 lets the stage go on. The simulated organization runs no workloads, so this looks at the address
# only; in a real project it would call it.
case "$API_URL" in
  https://*/Prod) echo "the API is at $API_URL" ;;
  *) echo "no API address in \`$API_URL\`" >&2; exit 1 ;;
esac
