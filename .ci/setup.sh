#!/usr/bin/env bash
# Makes .venv from the locks. `setup.sh run` is enough for the demo, `setup.sh dev` for the tests.
set -euo pipefail
cd "$(dirname "$0")/.."

need="${1:-dev}"
case "$need" in run | dev) ;; *) echo "usage: .ci/setup.sh run|dev" >&2; exit 2 ;; esac

# Two makes at once would write into one another's venv.
if command -v flock >/dev/null; then
    exec 9>.setup.lock
    flock 9
fi

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

apt_install() {
    apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null
}

# Distributions ship ensurepip apart from Python; without it a venv has no pip.
fits() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if fits "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

if ! python=$(find_python); then
    if may_install; then
        echo "set-up: installing Python's venv and pip"
        apt_install python3-venv python3-pip || true
    fi
    if ! python=$(find_python); then
        echo "Python 3.11 or newer with venv and pip is missing; type: sudo apt-get install -y python3-venv python3-pip" >&2
        exit 1
    fi
fi

# The voice of last resort; the demo and the tests also run without it, so this may fail.
if [ ! -e .venv ] && may_install && ! command -v espeak-ng >/dev/null; then
    echo "set-up: installing espeak-ng (optional)"
    timeout 180 bash -c "$(declare -f apt_install); apt_install espeak-ng" 2>/dev/null || echo "set-up: went on without espeak-ng"
fi

# The tests of the pages open a real browser; without one they skip and say so.
if [ "$need" = dev ] && ! command -v chromium >/dev/null; then
    if may_install; then
        echo "set-up: installing chromium (for the tests of the pages)"
        timeout 600 bash -c "$(declare -f apt_install); apt_install chromium" 2>/dev/null || true
    fi
    command -v chromium >/dev/null || echo "set-up: the tests of the pages are skipped; for them type: sudo apt-get install -y chromium"
fi

# Stills of cameras that only stream are tested by a real ffmpeg; without one those tests skip and say so.
if [ "$need" = dev ] && [ ! -e .venv ] && may_install && ! command -v ffmpeg >/dev/null; then
    echo "set-up: installing ffmpeg (optional)"
    timeout 300 bash -c "$(declare -f apt_install); apt_install --no-install-recommends ffmpeg" 2>/dev/null \
        || echo "set-up: went on without ffmpeg"
fi

# A venv whose Python has been upgraded away is of no use.
if ! .venv/bin/python -c 'import pip' >/dev/null 2>&1; then
    "$python" -m venv --clear .venv
fi

pip() { .venv/bin/python -m pip --disable-pip-version-check -qq "$@"; }
echo "set-up: installing requirements/$need.txt"
pip install --only-binary :all: --require-hashes -r "requirements/$need.txt"
pip install --no-deps --no-build-isolation -e .

# What the tests need, the demo needs too: dev.txt holds all of run.txt, at the same versions.
touch .venv/.ready-run
if [ "$need" = dev ]; then touch .venv/.ready-dev; fi
