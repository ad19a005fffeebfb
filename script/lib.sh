# shellcheck shell=bash
# Sourced by the other scripts, never run. They all work from the top of the repository.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# Where the binaries and the site are looked for, whatever the machine's own habit is.
export CARGO_TARGET_DIR=$PWD/target

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# step NAME COMMAND... : says what happens now and how long it took.
step() {
    local name=$1 began=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    "$@"
    printf '== %s: done after %d s\n' "$name" "$((SECONDS - began))"
}

# until_ready PID LOG COMMAND... : waits until COMMAND succeeds, as long as process PID lives, 30 s at most.
until_ready() {
    local pid=$1 log=$2 i
    shift 2
    for ((i = 0; i < 600; i++)); do
        # Said, since within a trap `return` would repeat what came before the signal.
        "$@" 2>/dev/null && return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    tail -n 20 "$log" >&2
    die "did not start; above is the end of its log"
}

# in_background COMMAND... : starts it as $! in a process group of its own, so that a Ctrl-C reaches
# this script first, which then ends what it started in the right order.
in_background() {
    set -m
    "$@" &
    set +m
}

# attend PID : waits for the end of what in_background started; when we are told to end, it is too, with all it started.
attend() {
    local child=$1 status=0
    trap 'kill -TERM -- "-$child" 2>/dev/null || true' INT TERM HUP
    # A signal interrupts the wait: the child's own end is what counts.
    while
        status=0
        wait "$child" || status=$?
        kill -0 "$child" 2>/dev/null
    do :; done
    trap - INT TERM HUP
    return "$status"
}

# finish PID [SIGNAL] : asks it to end, again every second (LiveKit misses a signal in its first moments), then insists.
finish() {
    local pid=$1 signal=${2:-TERM} i
    for ((i = 0; i < 100; i++)); do
        kill -0 "$pid" 2>/dev/null || return 0
        ((i % 20)) || kill "-$signal" "$pid" 2>/dev/null || true
        sleep 0.05
    done
    kill -KILL "$pid" 2>/dev/null || true
}

# forget_settings : the settings of the product that a person may have around are not those of what is tested or measured.
forget_settings() {
    unset LISTEN PUBLIC_URL DOMAIN HTTPS_LISTEN HTTP_LISTEN CERTIFICATES_DIR DATABASE_URL SITE_DIR RING_SECONDS CALLS_PER_MINUTE \
        RINGS_PER_PAIR PUSH_CONTACT PUSH_HOSTS CALL_HISTORY_DAYS CRON_SECRET TRUSTED_PROXIES METRICS_LISTEN LOG_FORMAT RUST_LOG \
        LIVEKIT_URL LIVEKIT_API_KEY LIVEKIT_API_SECRET "${!VOICE_@}" "${!ACME_@}"
}

# free_port PORT : that one, or another that nobody has, below those that systems hand out by themselves.
free_port() {
    local port=$1
    while answers "$port"; do
        port=$((20000 + RANDOM % 12000))
    done
    printf '%s' "$port"
}

# empty_site FOLDER : what a server needs of a site at whose pages nobody looks.
empty_site() {
    mkdir -p "$1/assets"
    printf '{"app":"/a.js","wasm":"/a.wasm","voice":"/v.mjs","style":"/s.css","icons":"/i.svg"}' >"$1/manifest.json"
}

# answers PORT : whether something listens there.
answers() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# chromium : the path of the browser for the tests; CHROMIUM says another one.
chromium() {
    # -P: programs only; this function has the name of one.
    type -P "${CHROMIUM:-chromium}" chromium-browser google-chrome | head -n 1 || true
}

# chromium_headless : the path of the same without what draws windows and cards, if there is one and CHROMIUM says nothing.
chromium_headless() {
    [[ -n ${CHROMIUM-} ]] || type -P chromium-headless-shell || true
}
