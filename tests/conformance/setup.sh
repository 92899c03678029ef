# Sourced by the scripts of this folder: where things are, and how what they need is installed.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
# Everything that is downloaded goes here; nothing of it belongs into the repository.
export SCRATCH="${SCRATCH:-$(mktemp -d)}"
export KARAT="${KARAT:-$root/target/debug/karat}"

need() {
  command -v "$1" >/dev/null || { echo "$1 is not installed" >&2; exit 2; }
}

# venv NAME PACKAGE…: a Python environment of its own; its interpreter is $SCRATCH/NAME/bin/python.
venv() {
  local folder="$SCRATCH/$1"
  shift
  need python3
  if [ ! -e "$folder/installed" ]; then
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check "$@" >&2
    touch "$folder/installed"
  fi
}

if [ ! -x "$KARAT" ]; then
  need cargo
  (cd "$root" && cargo build --locked)
fi
echo "scratch folder: $SCRATCH" >&2
