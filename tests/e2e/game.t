#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A small part of the game of tests/hostile/game.sh: five addresses neither
# erase a finding that three people saw in a network, nor make one that three
# people there do not see.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib/lab.sh
GAME_N=5 sh tests/hostile/game.sh --raw >"$dir/out" 2>"$dir/err"
ok $? 'the game is played'

# says HOW OUTCOME: of all five of them
says() {
    [ "$(grep -c "^$1	5	$2\$" "$dir/out")" = 1 ]
}

says 'erase	one' contested && says 'erase	two' contested
ok $? 'addresses in the network make a finding contested, and no less'
says 'erase	abroad' 'a fact' && says 'erase	names' 'a fact'
ok $? 'addresses abroad, and many names of one, do nothing to it'
says 'erase	copies' 'a fact' && says 'erase	tor' 'a fact'
ok $? 'nor do copies of what others send, filed before them, and exits of Tor'
says 'plant	one' contested && says 'plant	two' contested
ok $? 'what they plant is contested by those who are there'
says 'plant	abroad' low && says 'plant	names' low && says 'plant	tor' low
ok $? 'from abroad, by many names of one, and by one line with Tor, it is little'
echo "1..$n"
exit $bad
