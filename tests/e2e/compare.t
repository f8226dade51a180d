#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One page with the site's name in the handshake and without, in turns: what the
# engine sees of names that are slowed down or frozen, and of innocent servers.
set -u
. "$(dirname "$0")/lib/tap.sh"
case $BUILD in
/*) ;;
*) BUILD=$repo/$BUILD ;;
esac
export LAB_BUILD="${LAB_BUILD:-$repo/build}"

# Text that compresses to about a sixth, as pages do.
awk 'BEGIN {
    srand(7)
    split("river window garden letter morning teacher street colour bridge " \
        "summer village history music doctor station paper", word, " ")
    for (i = 0; i < 70000; i++)
        printf "%s%s", word[int(rand() * 16) + 1], i % 12 == 11 ? "\n" : " "
}' >"$dir/words"
gzip -9nc "$dir/words" >"$dir/words.gz"

cat >"$dir/scenario" <<END
link rtt 40ms
host plain.test 45.101.1.1
page plain.test * 200 size 200000
host rate.test 45.101.2.1
page rate.test * 200 size 200000
throttle sni rate.test rate 128kbit
host delay.test 45.101.3.1
page delay.test * 200 size 200000
throttle sni delay.test delay 300ms
host loss.test 45.101.4.1
page loss.test * 200 size 200000
throttle sni loss.test loss 10%
host frozen.test 45.101.5.1
page frozen.test * 200 size 200000
freeze sni frozen.test after 16kb
host packed.test 45.101.6.1
page packed.test * 200 $dir/words.gz header "Content-Encoding: gzip"
freeze sni packed.test after 24kb
host slow.test 45.101.7.1
page slow.test * 200 size 40000
serve slow.test slow 200B/s
host cut.test 45.101.8.1
page cut.test * 200 size 40000
serve cut.test close-early
host taken.test 45.101.9.1
page taken.test * 200 size 4000
mitm sni taken.test ca untrusted
host self.test 45.101.10.1
page self.test * 200 size 4000
cert self.test self-signed
END
cat >"$dir/script" <<END
measure() {
    "$BUILD/tests/tools/measure_once" "https://\$1.test/" --compare "\$2" \
        >"$dir/\$1" 2>"$dir/\$1.err" || echo "\$1 failed"
}
i=0
for name in plain rate delay loss frozen packed slow cut taken self; do
    i=\$((i + 1))
    measure \$name 45.101.\$i.1 &
done
openssl s_client -connect 45.101.9.1:443 -noservername </dev/null 2>/dev/null |
    openssl x509 >"$dir/taken.pem"
# nobody is there
measure gone 45.101.99.1 &
wait
END
timeout -k 5 600 tests/lab/lab --scenario "$dir/scenario" --keep "$dir/lab" \
    -- sh "$dir/script" >"$dir/out" 2>"$dir/err" </dev/null
is "$? $(cat "$dir/out")" "0 " "eleven pages are compared"

# said NAME FILTER: with $named and $bare, the transfers of either kind, and
# $other, those with a name that is not the site's
said() {
    jq -c ".test_keys.x_compare | map(select(.named)) as \$named |
        map(select((.named or .other_name) | not)) as \$bare |
        map(select(.other_name)) as \$other | $2" "$dir/$1"
}
# Bytes of the body a second after the handshake, without the name against with
# it: of each three the one in the middle, as any one may stall.
ratio='def rate: map(.bytes / (.t - .secured)) | sort | .[length / 2 | floor];
    ($bare | rate) / ($named | rate)'
well='map(.failure == null and .status == 200 and .bytes > 0) | all'

for name in plain rate delay loss frozen packed slow cut taken self; do
    said $name '[($named | length), ($bare | length)]'
done >"$dir/counts"
is "$(sort -u "$dir/counts")" "[3,3]" "three times with the name and without"
for name in plain rate delay loss frozen packed slow cut taken self; do
    said $name '$other | [length, .[0].other_name]' | sed "s/^/$name /"
done | grep -v '\[0,null\]' >"$dir/others"
is "$(cat "$dir/others")" 'taken [1,"www.example.test"]
self [1,"www.example.test"]' "once more with another name, where nobody vouches"
is "$(said taken '$other[0] | [.trusted, .secured > 0, .status]')" '[true,true,0]' \
    "whom the server shows its own certificate"
is "$(said plain '[.[] | .address] | unique')" '["45.101.1.1:443"]' \
    "at one address"
is "$(said plain '. as $all | [range(1; length)] |
    map($all[.].t0 >= $all[. - 1].t) | all')" true "one after the other"
is "$(said plain '[.[] | .transaction_id] | length == (unique | length)')" true \
    "each with an id of its own"
is "$(said plain '[.[] | .first > .secured and .last >= .first and
    .t >= .last] | all')" true "with the times of its answer"
said loss '[.[] | .received >= 65536 and .received < 98304 and .truncated] | all' \
    >"$dir/limit"
said plain '[.[] | .received >= 65536 and .received < 98304 and .truncated] | all' \
    >>"$dir/limit"
is "$(sort -u "$dir/limit")" true "and little more than 64 KiB is fetched"

# ---- what the censor does -----------------------------------------------------
for name in plain rate delay frozen packed; do
    said $name "\$bare | $well"
done >"$dir/bare"
is "$(sort -u "$dir/bare")" true "without the name every page comes"
is "$(said rate "(\$named | $well) and ($ratio) >= 3")" true \
    "a name held to 128 kbit/s is three times slower"
is "$(said delay "(\$named | $well) and ($ratio) >= 3")" true \
    "and one delayed by 300 ms"
is "$(said frozen '$named | map(.failure) | unique')" '["generic_timeout_error"]' \
    "a frozen name never ends"
is "$(said frozen '$named | map(.received > 8192 and .received < 16385) | all')" \
    true "after at most the 16 KiB that the censor lets through"
is "$(said frozen '$named | map(.t - .last > 2 * (.last - .t0)) | all')" true \
    "and then nothing more comes"
is "$(said packed '$named | map(.failure) | unique')" '["generic_timeout_error"]' \
    "a compressed page does not end before the freeze"
is "$(said packed '$bare | map(.bytes > .received) | all')" true \
    "it was compressed"
is "$(said taken '$named | map(.failure) | unique')" '["ssl_unknown_authority"]' \
    "a name that is taken aside is shown a certificate of nobody's"
is "$(said taken '[($bare | map(.trusted) | all),
    ($bare | map(.certificate) | unique | length), ($named | map(.trusted) | any)]')" \
    "[true,1,false]" "and without the name the server's own is seen, a true one"
openssl x509 -noout -fingerprint -sha256 -in "$dir/taken.pem" |
    tr -d : | tr A-F a-f | sed 's/.*=//' >"$dir/taken.sha256"
is "$(said taken '$bare[0].certificate' | tr -d '"')" "$(cat "$dir/taken.sha256")" \
    "the one that openssl is shown"
is "$(jq -r 'select(.action == "drop" or .action == "delay") | .rule | split(" ")[0:3] |
    join(" ")' "$dir/lab/truth.jsonl" | sort -u)" "freeze sni frozen.test
freeze sni packed.test
throttle sni delay.test
throttle sni loss.test
throttle sni rate.test" \
    "the censor did it"

# ---- what it does not -----------------------------------------------------------
is "$(said plain "(. | $well) and ($ratio) < 3")" true \
    "nobody slows the plain page"
is "$(said loss ". | $well")" true \
    "a tenth of the packets lost: the pages come all the same"
is "$(said slow '[.[] | .failure] | unique')" '["generic_timeout_error"]' \
    "a slow server is slow with the name and without"
is "$(said slow "$ratio | . > 0.5 and . < 2")" true "as slow"
is "$(said slow '[.[] | .t - .last < 1 * (.last - .t0)] | all')" true \
    "and goes on sending to the end"
is "$(said self '[($named | map(.failure) | unique), ($bare | map(.trusted) | any)]')" \
    '[["ssl_unknown_authority"],false]' \
    "a certificate of the server's own making is nobody's with the name and without"
is "$(said cut '[.[] | .failure] | unique | length')" 1 \
    "a server that hangs up does so with the name and without"
is "$(said cut '[.[] | .failure != null] | all')" true "each time"
is "$(said gone '[.[] | [.connected, .secured, .first, .last, .status, .bytes] |
    add] | unique')" '[0]' "nothing is told of a server that is not there"
done_testing
