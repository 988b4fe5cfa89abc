#!/usr/bin/env bash
# Gets ttyd into FOLDER and writes FOLDER/ttyd, which starts it. Debian 12 has no package of it, so it comes from Debian
# unstable with the libraries that it needs, beside the system's own and without touching them.
set -euo pipefail
folder=$(realpath "$1")
[ -x "$folder/ttyd" ] && exit 0

if command -v ttyd >/dev/null; then
  ln -s "$(command -v ttyd)" "$folder/ttyd"
  exit 0
fi

work=$folder/ttyd.apt
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$folder/ttyd.evlib"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Codename: bookworm' | head -n 1)
keys=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keys] $mirror unstable main" >"$work/sources.list"
apt=(-o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
  -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache")
apt-get "${apt[@]}" -qq update
mapfile -t packages < <(apt-cache "${apt[@]}" depends --recurse --no-recommends --no-suggests --no-conflicts \
  --no-breaks --no-replaces --no-enhances ttyd | grep -o '^\(ttyd\|lib[^ ]*\|zlib1g\)$' | sort -u)
(cd "$work" && apt-get "${apt[@]}" -qq download "${packages[@]}" 2>/dev/null)
for package in "$work"/*.deb; do dpkg-deb -x "$package" "$folder/ttyd.root"; done

libraries=$folder/ttyd.root/usr/lib/x86_64-linux-gnu
# Its event loop is a plugin that libwebsockets looks for in this variable, which the programs that ttyd starts inherit:
# a folder of its own, so that they keep the system's libraries.
cp "$libraries"/libwebsockets-evlib_uv.so "$folder/ttyd.evlib/"
cat >"$folder/ttyd" <<START
#!/bin/sh
LD_LIBRARY_PATH='$folder/ttyd.evlib' exec '$libraries/ld-linux-x86-64.so.2' --library-path '$libraries' \\
  '$folder/ttyd.root/usr/bin/ttyd' "\$@"
START
chmod +x "$folder/ttyd"
