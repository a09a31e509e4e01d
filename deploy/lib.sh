# shellcheck shell=bash
# What deploy/run and deploy/test share: messages, progress, packages, tools of the tests. Sourced by bash, never run.
#
# Nothing here asks a question: it has to work without a terminal, as root in an empty container as
# well as for a user with sudo.

export LC_ALL=C.UTF-8

# Below this version libevent has eight published holes, two of them in its HTTP parser.
readonly LIBEVENT_SAFE='2.1.12-stable-8+deb12u1'

# First progress line after so many seconds; then on every tick (terminal) or every so many seconds (log file).
readonly PROGRESS_TICK=2 PROGRESS_LOG_EVERY=20

child= # process group of the command that with_progress runs now

say() {
    printf '%s\n' "$*"
}

warn() {
    printf 'warning: %s\n' "$*" >&2
}

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

now_ms() {
    local us=${EPOCHREALTIME//[.,]/}
    printf '%s' "$((us / 1000))"
}

# seconds_since MS: "12.3 s"
seconds_since() {
    local ms=$(($(now_ms) - $1))
    printf '%d.%d s' "$((ms / 1000))" "$((ms % 1000 / 100))"
}

# What the command behind LOG is doing now: its last line, cut to one screen line.
last_line() {
    tail -n 1 "$1" 2>/dev/null | tr '\r' '\n' | tail -n 1 | tr -dc '[:print:]' | cut -c 1-70
}

progress_ticker() {
    local label=$1 log=$2 owner=$3 began=$SECONDS shown=0 passed
    while sleep "$PROGRESS_TICK" >/dev/null 2>&1 && kill -0 "$owner" 2>/dev/null; do
        passed=$((SECONDS - began))
        if [ -t 1 ]; then
            printf '\r\033[K  %s … %d s  %s' "$label" "$passed" "$(last_line "$log")"
        elif [ "$shown" = 0 ] || [ $((passed - shown)) -ge "$PROGRESS_LOG_EVERY" ]; then
            printf '  %s … %d s  %s\n' "$label" "$passed" "$(last_line "$log")"
            shown=$passed
        fi
    done
}

# with_progress LABEL LOG COMMAND…: runs the command with its output in LOG and shows that it is alive once it
# takes more than two seconds. Returns the command's status. The command gets a process group of its own,
# so that stop_child ends everything it started.
with_progress() {
    local label=$1 log=$2 rc=0 ticker
    shift 2
    : >"$log"
    progress_ticker "$label" "$log" "$$" &
    ticker=$!
    set -m
    "$@" >"$log" 2>&1 </dev/null &
    child=$!
    set +m
    wait "$child" || rc=$?
    child=
    kill "$ticker" 2>/dev/null
    wait "$ticker" 2>/dev/null || true
    [ ! -t 1 ] || printf '\r\033[K'
    return "$rc"
}

# For a trap: ends what with_progress runs now.
stop_child() {
    [ -z "$child" ] || kill -TERM -- "-$child" 2>/dev/null || true
    child=
}

# ---- packages -------------------------------------------------------------------------------------

# packages_missing FILE…: names in the lists that are not installed. "name unless=COMMAND": only where there is no such command;
# somebody else's package of it would be in conflict with Debian's.
packages_missing() {
    local installed name unless
    installed=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' | sed -n 's/^ii  *//p')
    sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$@" | sort -u | while read -r name unless; do
        [ -z "$unless" ] || ! command -v "${unless#unless=}" >/dev/null || continue
        grep -qxF -- "$name" <<<"$installed" || printf '%s\n' "$name"
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -- "$@"
    fi
}

# A password may be asked for once, here, as long as somebody can see the question.
root_available() {
    [ "$(id -u)" = 0 ] && return 0
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a apt-get -y -q \
        -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o Dpkg::Options::=--force-confold "$@"
}

# An update that fails for one foreign source must not stop us: the installation shows whether it mattered.
apt_update() {
    with_progress 'package lists' "$1" apt_get update || warn 'apt-get update failed in part; going on'
}

apt_has_lists() {
    compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null
}

# apt_install LOG NAME…: with fresh lists when there are none, or when the first try fails for stale ones
apt_install() {
    local log=$1
    shift
    if apt_has_lists; then
        with_progress 'packages' "$log" apt_get install --no-install-recommends "$@" && return 0
    fi
    apt_update "$log"
    with_progress 'packages' "$log" apt_get install --no-install-recommends "$@"
}

# An old libevent is upgraded where that is possible; where it is not, the operator is told.
libevent_check() {
    local log=$1 have
    have=$(dpkg-query -W -f='${Version}\n' libevent-dev 2>/dev/null | head -n 1)
    if [ -z "$have" ] || dpkg --compare-versions "$have" ge "$LIBEVENT_SAFE"; then
        return 0
    fi
    say "libevent $have has known security holes: upgrading"
    if root_available; then
        apt_update "$log"
        with_progress 'libevent' "$log" apt_get install --no-install-recommends libevent-dev || true
    fi
    have=$(dpkg-query -W -f='${Version}\n' libevent-dev | head -n 1)
    dpkg --compare-versions "$have" ge "$LIBEVENT_SAFE" ||
        warn "libevent stays at $have, older than $LIBEVENT_SAFE: add bookworm-security to the apt sources"
}

# packages_need FILE…: installs what the lists name and the machine lacks. Runs apt only when something is missing.
packages_need() {
    local log missing
    if ! command -v dpkg-query apt-get >/dev/null; then
        die "this is not Debian: install by hand what $* name, then build with cmake"
    fi
    log=$(mktemp)
    missing=$(packages_missing "$@")
    if [ -n "$missing" ]; then
        say "installing $(wc -w <<<"$missing") packages: $(tr '\n' ' ' <<<"$missing")"
        root_available || die "installing needs root: apt-get install $(tr '\n' ' ' <<<"$missing")"
        # shellcheck disable=SC2086  # one word per package
        if ! apt_install "$log" $missing; then
            tail -n 20 "$log" >&2
            rm -f "$log"
            die "apt could not install: $(packages_missing "$@" | tr '\n' ' ')"
        fi
    fi
    libevent_check "$log"
    rm -f "$log"
}

# ---- browser --------------------------------------------------------------------------------------

# The Python environment of the browser tests; tests/browser/CMakeLists.txt names it too.
readonly BROWSER_VENV=build/browser

# The browser is Debian's package; what drives it comes from PyPI, because Debian has none. Debian's own Python modules
# (pytest, zmq, protobuf) stay visible inside. Made again when the list has changed; nothing is asked of the network otherwise.
browser_need() {
    local list=tests/browser/requirements.txt
    ! cmp -s "$list" "$BROWSER_VENV/made-from" || return 0
    rm -rf "$BROWSER_VENV"
    mkdir -p "$(dirname "$BROWSER_VENV")"
    /usr/bin/python3 -m venv --system-site-packages "$BROWSER_VENV" &&
        "$BROWSER_VENV/bin/pip" install --quiet --disable-pip-version-check --retries 5 -r "$list" &&
        cp "$list" "$BROWSER_VENV/made-from"
}

# How many jobs at a time: one per processor.
jobs_count() {
    nproc 2>/dev/null || printf 2
}
