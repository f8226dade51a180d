#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lists are signed as Debian's minisign checks it, taken in from a file and over
# HTTPS, refused where something is wrong, and measured when they are there.
set -u
. "$(dirname "$0")/lib/tap.sh"
probe=$PWD/$BUILD/parallax
collector=$PWD/$BUILD/parallax-collector
HOME=$dir/home
export HOME
unset XDG_STATE_HOME XDG_DATA_HOME XDG_CONFIG_HOME
mkdir "$HOME" "$dir/old" "$dir/new"
state=$HOME/.local/state/parallax/lists

# list FILE HOST: a list of one site
list() {
    printf 'url,category_code\nhttps://%s/,NEWS\n' "$2" >"$1"
}

# alone COMMAND...: without any network
alone() {
    unshare -rn "$@"
}

# refused WORDS NAME: the last update was, and why; the list before stays
refused() {
    [ "$rc" = 1 ] && grep -q "$1" "$dir/err" &&
        grep -q 'https://new.example/' "$state/global.csv"
    ok $? "$2 is refused, and the list before stays"
}

update() {
    alone "$probe" lists update --key "$dir/pub" "$1" >"$dir/out" 2>"$dir/err"
    rc=$?
    heard "$dir/err"
}

key=$dir/key
alone "$collector" keys --key "$key" >"$dir/pub" 2>/dev/null
is "$?,$(stat -c %a "$key")" 0,600 "a pair of keys is made, the secret one for its owner alone"
is "$(alone "$collector" keys --key "$key" 2>&1)" "$(cat "$dir/pub")" "and stays"
list "$dir/old/global.csv" old.example
list "$dir/new/global.csv" new.example
for what in old new; do
    [ $what = old ] && version=1 || version=2
    alone "$collector" sign --key "$key" --list-version $version \
        "$dir/$what/global.csv" 2>/dev/null
    ok $? "a list is signed"
    minisign -Vq -p "$dir/pub" -m "$dir/$what/global.csv"
    ok $? "as minisign checks it"
done
chmod 644 "$key"
alone "$collector" sign --key "$key" "$dir/old/global.csv" 2>"$dir/err"
is "$?,$(grep -c 'others may read' "$dir/err")" 1,1 \
    "a key that others may read signs nothing"
chmod 600 "$key"

printf 'one\none\n' | alone "$collector" keys --password --key "$dir/locked" \
    >"$dir/locked.pub" 2>/dev/null
printf 'one\n' | minisign -S -s "$dir/locked" -m "$dir/old/global.csv" -x "$dir/sig" \
    >/dev/null && minisign -Vq -p "$dir/locked.pub" -m "$dir/old/global.csv" -x "$dir/sig"
ok $? "minisign opens a key whose password was given to us"
printf 'two\n' | alone "$collector" sign --key "$dir/locked" "$dir/old/global.csv" \
    2>"$dir/err"
is "$?,$(grep -c 'the password is another' "$dir/err")" 1,1 "another password does not"

# ---- from a file ---------------------------------------------------------------
update "$dir/old/global.csv"
is "$rc" 0 "a signed list is taken in"
update "$dir/new/global.csv"
is "$rc" 0 "and a newer one in its place"
update "$dir/old/global.csv"
refused 'older than version 2' "an older list"
list "$dir/new/other.csv" bad.example
cp "$dir/new/global.csv.minisig" "$dir/new/other.csv.minisig"
update "$dir/new/other.csv"
refused 'not of this text' "a list that was changed"
head -c 150 "$dir/new/global.csv.minisig" >"$dir/new/other.csv.minisig"
cp "$dir/new/global.csv" "$dir/new/other.csv"
update "$dir/new/other.csv"
refused 'damaged' "a signature that was cut off"
minisign -S -W -s "$key" -m "$dir/new/other.csv" \
    -t 'file:global.csv version:3 expires:2020-01-31' >/dev/null </dev/null
update "$dir/new/other.csv"
refused 'until 2020-01-31' "an expired list"
minisign -S -W -s "$key" -m "$dir/new/other.csv" \
    -t 'file:global.csv version:3 expires:2099-01-31' >/dev/null </dev/null
update "$dir/new/other.csv"
is "$rc" 0 "one that minisign itself signed is taken in"
alone "$probe" lists verify --key "$dir/pub" >/dev/null
is "$?" 0 "the lists in force are checked"
sed -i s/new.example/bad.example/ "$state/global.csv"
alone "$probe" lists verify --key "$dir/pub" >/dev/null 2>"$dir/err"
is "$?" 1 "and one that was changed since is found out"
heard "$dir/err"

# ---- a list of one's own -------------------------------------------------------
for given in global ru ir; do
    published=$SHARED/data/test-lists/$given.csv
    if [ ! -r "$published" ]; then
        skip "$published is missing"
        continue
    fi
    alone "$probe" lists import "$published" 2>/dev/null
    is "$?" 0 "Citizen Lab's $given.csv is taken in"
    cmp -s "$published" "$state/$given.csv"
    ok $? "as it is"
done
alone "$probe" lists import "$dir/pub" 2>"$dir/err"
is "$?" 2 "what is called otherwise needs a name"
heard "$dir/err"

# ---- over the line -------------------------------------------------------------
list "$dir/new/global.csv" www.example.org
list "$dir/new/xz.csv" www.example.com
cp "$dir/new/xz.csv" "$dir/new/requests.csv"
sed -i s/www.example.com/0.th.ooni.org/ "$dir/new/requests.csv"
for file in global xz requests; do
    alone "$collector" sign --key "$key" "$dir/new/$file.csv" 2>/dev/null
done
{
    echo 'host lists.example 45.64.9.9'
    for file in global.csv global.csv.minisig xz.csv xz.csv.minisig \
        requests.csv requests.csv.minisig; do
        echo "page lists.example /l/$file 200 $dir/new/$file"
    done
    echo "page lists.example /l/big.csv 200 size 10000000"
    echo "page lists.example /l/big.csv.minisig 200 $dir/new/xz.csv.minisig"
    echo "page lists.example /l/seal.csv.minisig 200 size 10000000"
    echo "page lists.example /l/moved.csv.minisig 302 redirect https://www.example.org/"
} >"$dir/world"
printf '#! pause country IR\n#! pause country IT\nurl,category_code\nhttps://www.example.org/,NEWS\n' \
    >"$dir/new/zz.csv"
alone "$collector" sign --key "$key" "$dir/new/zz.csv" 2>/dev/null
ok $? "a list that pauses countries is signed"
printf '#! pause countries\nurl,category_code\nhttps://www.example.org/,NEWS\n' \
    >"$dir/new/zy.csv"
alone "$collector" sign --key "$key" "$dir/new/zy.csv" 2>"$dir/err"
is "$?,$(grep -c 'line 1 is no order' "$dir/err")" 1,1 \
    "one with an order that nobody follows is not"
cat >"$dir/commands" <<END
$probe lists update --key $dir/pub --url https://lists.example/l --country XZ
echo "update \$?"
rm \$HOME/.local/state/parallax/lists/global.csv
sed -i 's,www.example.com,bad.example,' \$HOME/.local/state/parallax/lists/xz.csv
$probe lists update --key $dir/pub --url https://lists.example/l/
echo "again \$?"
$probe lists update --key $dir/pub https://lists.example/l/nothing.csv
echo "nothing \$?"
for which in big seal moved; do
    $probe lists update --key $dir/pub https://lists.example/l/\$which.csv
    echo "\$which \$?"
done
$probe run --country xz --no-upload | sort
export PARALLAX_LISTS_KEY=$dir/pub
$probe lists update $dir/new/zz.csv
$probe run --country xz --no-upload
echo "paused where the collector sees us \$?"
$probe run --country ir --no-upload
echo "paused where we say we are \$?"
$probe diagnose https://www.example.com/
echo "no diagnosis either \$?"
unset PARALLAX_LISTS_KEY
$probe run --country xz --no-upload --url https://www.example.com/
$probe consent --revoke >$dir/revoked
$probe lists update --key $dir/pub https://lists.example/l/global.csv
echo "without consent \$?"
END
timeout -k 10 120 tests/lab/lab --world "$dir/world" -- sh "$dir/commands" \
    >"$dir/out" 2>"$dir/err"
heard "$dir/err"
is "$(cat "$dir/out")" 'update 0
again 0
nothing 1
big 1
seal 1
moved 1
ok             https://0.th.ooni.org/
ok             https://www.example.com/
ok             https://www.example.org/
paused where the collector sees us 0
paused where we say we are 0
no diagnosis either 1
ok             https://www.example.com/
without consent 2' "updates come over HTTPS, and what was taken in is measured"
is "$(grep -c 'a signed list has paused measuring here' "$dir/err")" 3 \
    "and a signed list stops a country, an unknown key's does not"
is "$(grep -c 'more came than a list may have' "$dir/err")" 2 \
    "a mirror that sends without end is told"
plain "words are for people"
done_testing
