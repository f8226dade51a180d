#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --log-level, its variable and its key change what both programs say on
# standard error, and nothing of what they print.
set -u
. "$(dirname "$0")/lib/tap.sh"
case $BUILD in
/*) ;;
*) BUILD=$repo/$BUILD ;;
esac
probe=$BUILD/parallax
collector=$BUILD/parallax-collector
export HOME="$dir/home" XDG_STATE_HOME="$dir/state"
unset XDG_CONFIG_HOME PARALLAX_LOG_LEVEL
mkdir -p "$HOME/.config/parallax" "$XDG_STATE_HOME/parallax/spool"
chmod 700 "$XDG_STATE_HOME/parallax" "$XDG_STATE_HOME/parallax/spool"

# levels COMMAND...: which levels it speaks at, and how it ends
levels() {
    timeout -k 5 600 "$@" >"$dir/out" 2>"$dir/err" </dev/null
    status=$?
    sed -n 's/^parallax[a-z-]*: \([a-z]*\): [a-z]*: .*/\1/p' "$dir/err" |
        sort -u | tr '\n' ' '
    echo "$status"
}

echo '# nothing' >"$HOME/.config/parallax/config"
for program in "$probe version" "$collector fingerprints"; do
    name=$(basename "${program% *}")
    is "$(levels $program)" '0' "$name: nothing is said by default"
    cp "$dir/out" "$dir/quiet"
    is "$(levels $program --log-level info)" 'info 0' "$name: info"
    is "$(levels $program --log-level debug)" 'debug info 0' "$name: debug"
    is "$(levels $program --log-level trace)" 'debug info trace 0' "$name: trace"
    cmp -s "$dir/out" "$dir/quiet"
    ok $? "$name: what is printed stays the same"
    is "$(PARALLAX_LOG_LEVEL=info levels $program)" 'info 0' "$name: the variable"
    is "$(PARALLAX_LOG_LEVEL=info levels $program --log-level error)" '0' \
        "$name: the option goes before the variable"
    echo 'log_level = debug' >"$dir/config"
    is "$(levels $program --config "$dir/config")" 'debug info 0' "$name: the key"
done

# A frame that is damaged is set aside before anything is sent.
"$probe" consent --accept R0 >/dev/null
frame=$XDG_STATE_HOME/parallax/spool/00000000-00000001.spool
upload() {
    echo garbage >"$frame"
    levels "$probe" upload --collector http://127.0.0.1:9/ "$@"
}
is "$(upload)" 'warning 3' 'parallax: a warning is said by default'
grep -q 'warning: spool: .* is damaged' "$dir/err"
ok $? 'and says what is damaged'
is "$(upload --log-level error)" '3' 'parallax: at error it is not'
done_testing
