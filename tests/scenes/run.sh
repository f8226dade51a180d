#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh [--record|--stored] [KIND...]: compares verdicts with what the `# expect`
# lines of tests/scenes say; TAP. Measures every scene (or those named) in the lab,
# two at a time. --record: and keeps the records of those that came out right in
# records/KIND.jsonl.zst. --stored: judges these kept records, without the lab.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
PARALLAX_RETEST_PAUSE=${PARALLAX_RETEST_PAUSE:-3}
PARALLAX_RETEST_RESIDUAL=${PARALLAX_RETEST_RESIDUAL:-22}
export BUILD PARALLAX_RETEST_PAUSE PARALLAX_RETEST_RESIDUAL
here=tests/scenes
dir=$BUILD/scenes
mkdir -p "$dir/servers" || exit 2

# said KIND FILE: verdicts of the records in FILE.
said() {
    "$BUILD/parallax" analyze "$2" 2>"$dir/$1.err" | jq -r '[.input,
        .x_verdict.state, .x_verdict.method // "-",
        ([.x_verdict.reasons[].rule] | join(",")),
        ([.x_verdict.alternatives[].rule] | join(","))] | @tsv' >"$dir/$1.said"
}

# compare KIND: a test for each expectation, against $dir/KIND.said.
compare() {
    cat $here/"$1".scn $here/"$1".world | awk -v kind="$1" -v said="$dir/$1.said" '
        BEGIN {
            FS = "\t"
            while ((getline <said) > 0) {
                state[$1] = $2
                method[$1] = $3
                rules[$1] = $4
                else_[$1] = $5
            }
        }
        /^# expect / {
            n = split($0, w, " +")
            url = w[3]
            right = url in state && index("|" w[4] "|", "|" state[url] "|")
            if (n > 4 && w[5] != "-" && state[url] == "blocked")
                right = right && method[url] == w[5]
            if (n > 5 && w[6] != "-")
                right = right && index("," rules[url] ",", "," w[6] ",")
            if (n > 6) right = right && index("," else_[url] ",", "," w[7] ",")
            print (right ? "ok" : "not ok") " - " kind ": " substr($0, 10)
            if (!right) print "# it says: " (url in state ? \
                state[url] " " method[url] " " rules[url] " " else_[url] : "nothing")
            any = 1
        }
        END { if (!any) print "not ok - " kind ": has no expectation" }'
}

# The scene is laid out beside its programs: those in sh, and those compiled.
measure() { # KIND
    lay=$dir/$1.lay
    rm -rf "$lay" "$dir/$1.lab" "$dir/$1.jsonl"
    mkdir -p "$lay"
    find $here -maxdepth 1 -type f -exec cp -p {} "$lay" \;
    [ ! -d $here/servers ] || cp -p $here/servers/* "$lay"
    [ ! -d "$BUILD/tests/servers" ] ||
        find "$BUILD/tests/servers" -maxdepth 1 -type f -perm -u+x -exec cp -p {} "$lay" \;
    cat "$lay/$1.scn" "$lay/$1.world" |
        sed -n 's/^# \(expect\|visit\) \([^ ]*\).*/\2/p' | awk '!seen[$0]++' >"$dir/$1.urls"
    cap=$(cat "$lay/$1.scn" "$lay/$1.world" | sed -n 's/^# capture$/--cap net_raw/p')
    cat "$lay/$1.scn" "$lay/$1.world" | sed -n 's/^# before //p' >"$lay/before.sh"
    as=
    if [ -s "$lay/before.sh" ]; then
        keep=${cap:+,+net_raw}
        cap=--root
        as="sh $here/as_volunteer.sh $lay -all$keep"
    fi
    # shellcheck disable=SC2086 # words or none
    timeout -k 5 600 tests/lab/lab --scenario "$lay/$1.scn" --world "$lay/$1.world" \
        --keep "$dir/$1.lab" $cap -- $as "$BUILD/parallax" run --list "$dir/$1.urls" \
        --no-upload --out "$dir/$1.jsonl" >"$dir/$1.log" 2>&1
    status=$?
    case $status in
    0 | 3) said "$1" "$dir/$1.jsonl" ;;
    *)
        echo "# $1 ended with $status: $(tail -n 1 "$dir/$1.log")"
        : >"$dir/$1.said"
        ;;
    esac
    rm -rf "$lay"
}

one() { # MODE KIND
    if [ "$1" = --stored ]; then
        kept=$here/records/$2.jsonl.zst
        if [ ! -f "$kept" ]; then
            echo "not ok - $2: has no kept record (run.sh --record $2)"
            return
        fi
        said "$2" "$kept"
        compare "$2"
        return
    fi
    measure "$2" >"$dir/$2.tap"
    compare "$2" >>"$dir/$2.tap"
    if [ "$1" = --record ] && ! grep -q '^not ok' "$dir/$2.tap"; then
        mkdir -p $here/records
        zstd -q -19 -f "$dir/$2.jsonl" -o $here/records/"$2".jsonl.zst ||
            echo "not ok - $2: is not kept" >>"$dir/$2.tap"
    fi
    cat "$dir/$2.tap"
}

mode=
case ${1:-} in
--record | --stored)
    mode=$1
    shift
    ;;
--one)
    one "$2" "$3"
    exit 0
    ;;
esac
[ $# -gt 0 ] || set -- $(ls $here/*.scn | sed 's|.*/||; s|[.]scn$||')
if [ "$mode" = --stored ]; then
    for kind in "$@"; do
        one --stored "$kind"
    done
    for f in $here/records/*.zst; do
        kind=$(basename "$f" .jsonl.zst)
        [ -f "$here/$kind.scn" ] || [ ! -f "$f" ] || echo "not ok - $kind: a record without a scene"
    done
else
    printf '%s\n' "$@" | xargs -P 2 -I K sh $here/run.sh --one "${mode:-live}" K
fi >"$dir/all${mode}.tap"
cat "$dir/all${mode}.tap"
echo "1..$(grep -c -e '^ok' -e '^not ok' "$dir/all${mode}.tap")"
! grep -q '^not ok' "$dir/all${mode}.tap"
