# Shared by the scripts beside it. Source it from a script that has set -euo pipefail.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\033[1m== %s\033[0m\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

jobs=$(nproc)

# The compiler cache serves another clone of the tree as well: paths below it do not count.
if command -v ccache >/dev/null; then
  export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
  export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=time_macros,include_file_mtime,include_file_ctime
fi

# build PRESET [TARGET ...]: configures and builds in build/PRESET.
build() {
  local preset=$1
  shift
  say "Configuring build/$preset"
  (cd "$root" && cmake --preset "$preset" >"$root/build/$preset.configure.log" 2>&1) ||
    { cat "$root/build/$preset.configure.log" >&2; die "cmake failed"; }
  say "Building build/$preset${*:+ ($*)}"
  cmake --build "$root/build/$preset" --parallel "$jobs" ${*:+--target "$@"}
}
mkdir -p "$root/build"
