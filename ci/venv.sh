# Sourced. Makes a Python environment under target/ with the named packages and sets VENV. Made once, then kept.
# usage: . ci/venv.sh NAME PACKAGE...
VENV="$PWD/target/venv-$1"
shift
if ! [ -f "$VENV/.ready" ] || [ "$(cat "$VENV/.ready")" != "$*" ]; then
  rm -rf "$VENV"
  python3 -m venv "$VENV"
  "$VENV/bin/pip" install --quiet --disable-pip-version-check "$@"
  printf '%s' "$*" > "$VENV/.ready"
fi
