#!/bin/sh
# Install what is missing, and say nothing where nothing is.
#
#   setup.sh python   a Python >= 3.11 and .venv with the wrapper and the development tools
#   setup.sh server   that, and a PostgreSQL with PL/Python 3
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
cluster_switch=
trap 'rm -f "$log"; [ -z "$cluster_switch" ] || as_root rm -f "$cluster_switch"' EXIT

say() { printf '%s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n env LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; fi
}

can_be_root() { [ "$(id -u)" = 0 ] || { command -v sudo && sudo -n true; } >/dev/null 2>&1; }

# Runs a command silently; its output appears only when it fails.
quietly() { "$@" >"$log" 2>&1 </dev/null 9<&- || { cat "$log" >&2; return 1; }; }

require_apt() {
    command -v apt-get >/dev/null && can_be_root && return
    say "Missing: $*"
    say "They cannot be installed from here (that takes apt-get, and root or sudo without a password)."
    say "Please install them; on Debian: sudo apt-get install $*"
    if [ "$1" = python3 ] && [ "$needed" = server ]; then
        say "and, if it is not there, PostgreSQL with PL/Python 3: postgresql, and postgresql-plpython3-N"
        say "where N is its major version."
    fi
    exit 1
}

apt_update() {
    [ -n "${updated:-}" ] || quietly as_root apt-get -qq -o DPkg::Lock::Timeout=300 update
    updated=yes
}

apt_install() {
    say "Installing $* …"
    quietly as_root apt-get -qq -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@"
}

# A Python that is new enough and can make virtual environments. The system's own comes first:
# it is the one that PL/Python links to, and it does not vanish with a user's version manager.
find_python() {
    for candidate in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
        then echo "$candidate"; return; fi
    done
    return 1
}

setup_python() {
    if ! python=$(find_python); then
        require_apt python3 python3-venv
        apt_update
        apt_install python3 python3-venv
        python=$(find_python) || { say "No Python 3.11 or newer with venv and ensurepip found."; exit 1; }
    fi
    # The virtual environment fits as long as its interpreter, its place and its contents do.
    base="$("$python" -VV) $PWD"
    wanted="$base $(cat pyproject.toml confiture_coord.control | cksum)"
    have=$(cat .venv/confiture_coord.stamp 2>/dev/null || true)
    .venv/bin/python -c '' 2>/dev/null || have=
    [ "$have" != "$wanted" ] || return 0
    say "Preparing .venv …"
    case $have in "$base "*) ;; *) quietly "$python" -m venv --clear .venv ;; esac
    if ! quietly .venv/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'; then
        say "pip could not install what pyproject.toml lists under dependencies, server and dev."
        exit 1
    fi
    printf '%s\n' "$wanted" >.venv/confiture_coord.stamp
    # Root, or sudo make, must not leave a folder that the checkout's owner cannot remove.
    if [ "$(id -u)" = 0 ]; then chown -R --reference=. .venv; fi
}

setup_server() {
    packages=$("$python" -m tools packages)
    [ -n "$packages" ] || return 0
    # shellcheck disable=SC2086  # one word per package
    require_apt $packages
    apt_update
    packages=$("$python" -m tools packages)  # apt now knows the default version
    # Nobody asked for a server that listens: the packages shall not start one.
    if [ ! -e /etc/postgresql-common ]; then
        cluster_switch=/etc/postgresql-common/createcluster.d/confiture_coord.conf
        as_root mkdir -p "${cluster_switch%/*}"
        echo 'create_main_cluster = false' | as_root tee "$cluster_switch" >/dev/null
    fi
    # shellcheck disable=SC2086
    apt_install $packages
}

# Two makes at once in one checkout must not prepare the same folder.
exec 9<tools/setup.sh
if command -v flock >/dev/null; then flock 9; fi

needed=${1:-}
case $needed in
    python) setup_python ;;
    server) setup_python; setup_server ;;
    *) say "usage: $0 python|server"; exit 2 ;;
esac
