# SPDX-License-Identifier: Apache-2.0
# groups.awk: what the packets that a rule looks at amount to. compile.awk calls
# saw() and spoil(); at the end each rule's groups are counted.

# The rule looks at this packet; what is the same in all of a group is `key`.
function saw(rule, key, value,   group) {
    group = rule SUBSEP who " " line SUBSEP key
    if (!(group in size_of)) {
        size_of[group] = 0
        owner[group] = who " " line
        rule_of[group] = rule
    }
    size_of[group]++
    when_seen[group, size_of[group]] = at
    seen_value[group, size_of[group]] = value
}

function spoil(rule, key) {
    spoiled[rule SUBSEP who " " line SUBSEP key]
}

# Are there enough packets (or values that differ) in some `within` seconds?
function enough(group, rule,   i, j, n, have, values) {
    for (i = 1; i <= size_of[group]; i++) {
        split("", have)
        values = 0
        for (j = i; j <= size_of[group]; j++) {
            if (within[rule] && when_seen[group, j] - when_seen[group, i] > within[rule]) {
                break
            }
            n = differ[rule] ? seen_value[group, j] : j
            if (!(n in have)) {
                have[n]
                values++
            }
        }
        if (values >= count[rule]) {
            return 1
        }
    }
    return 0
}

# At least `count` values, nearly all of which come after the one before:
# somebody works through a sorted list.
function rises(group, rule,   i, n, last, up, have, value) {
    for (i = 1; i <= size_of[group]; i++) {
        value = seen_value[group, i]
        if (value in have) {
            continue
        }
        have[value]
        n++
        up += n > 1 && value > last
        last = value
    }
    return n >= count[rule] && up >= (n - 1) * 0.85
}

END {
    set_rules()
    for (group in size_of) {
        rule = rule_of[group]
        if (!(group in spoiled) && (rising[rule] ? rises(group, rule) : enough(group, rule))) {
            hits[rule, owner[group]]++
        }
    }
    for (rule = 1; rule <= rules; rule++) {
        for (d in device) {
            split(d, part, " ")
            printf "%s\t%s\t%s\t%d\t%d\n", id[rule], part[1], part[2],
                hits[rule, d], (hits[rule, d] + 0 >= at_least[rule])
        }
    }
}
