# SPDX-License-Identifier: Apache-2.0
# compile.awk rules.txt: the rules as an awk program, to be run after packets.awk.
# It prints a line for each rule and device: NAME, WHO, LINE, number of groups
# that fire, whether the rule fires.

function fail(words) {
    printf "%s:%d: %s\n", FILENAME, FNR, words > "/dev/stderr"
    failed = 1
    exit 1
}

function rest() {
    sub(/^[a-z]+ +/, "")
    return $0
}

BEGIN { n = 0 }
/^ *(#|$)/ { next }
$1 == "rule" {
    id[++n] = $2
    when[n] = ""
    key[n] = never[n] = of[n] = rising[n] = ""
    count[n] = groups[n] = 1
    within[n] = 0
    if ($2 in seen) {
        fail("two rules " $2)
    }
    seen[$2]
    next
}
!n { fail("nothing stands before the first rule") }
$1 == "says" || $1 == "twin" { next }
$1 == "when" { when[n] = rest(); next }
$1 == "same" { key[n] = rest(); next }
$1 == "never" { never[n] = rest(); next }
$1 == "count" {
    count[n] = $2
    if ($3 == "of" || $3 == "rising") {
        what = $3
        sub(/^count +[0-9]+ +[a-z]+ +/, "")
        of[n] = $0
        rising[n] = what == "rising"
    } else if (NF > 2) {
        fail("count N [of|rising EXPRESSION]")
    }
    next
}
$1 == "within" { within[n] = $2 + 0; next }
$1 == "groups" { groups[n] = $2 + 0; next }
{ fail("what is \"" $1 "\"?") }

END {
    if (failed) {
        exit 1
    }
    print "function look_at_packet() {"
    print "    device[who \" \" line]"
    for (i = 1; i <= n; i++) {
        if (when[i] == "") {
            printf "rule %s has no \"when\"\n", id[i] > "/dev/stderr"
            exit 1
        }
        key_text = key[i] == "" ? "\"\"" : key[i]
        printf "    if (%s) saw(%d, %s, %s)\n", when[i], i, key_text,
            of[i] == "" ? "\"\"" : of[i]
        if (never[i] != "") {
            printf "    if (%s) spoil(%d, %s)\n", never[i], i, key_text
        }
    }
    print "}"
    print "function set_rules() {"
    printf "    rules = %d\n", n
    for (i = 1; i <= n; i++) {
        printf "    id[%d] = \"%s\"; count[%d] = %d; within[%d] = %s; at_least[%d] = %d;",
            i, id[i], i, count[i], i, within[i], i, groups[i]
        printf " differ[%d] = %d; rising[%d] = %d\n", i, of[i] != "", i, rising[i] + 0
    }
    print "}"
}
