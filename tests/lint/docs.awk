# SPDX-License-Identifier: Apache-2.0
# Each function or object that a header declares has its contract in a comment:
# one that ends on the line above the declaration, or one that stands behind
# it.  A comment above may speak for up to three declarations that follow each
# other without a blank line or a comment line between, so that a pair like
# new and free needs one.  The name of a file is no contract, nor is that of a
# section (`---- x ----`).
# The first file holds the facts, the others are headers.  FILE:LINE: reason.

BEGIN {
    FS = "\t"
    GROUP = 3
}

NR == FNR {
    if ($1 == "dec" || ($1 == "def" && $6 != "static")) {
        name[$2, $3] = $5
        last[$2, $3] = $4
    }
    next
}

FNR == 1 {
    in_comment = spoken_for = end = 0
}

# Whether the line holds some of a comment; its words so far go to `said`.
function has_comment(text) {
    if (!in_comment) {
        if (!match(text, /\/\*|\/\//))
            return 0
        in_comment = substr(text, RSTART, 2) == "/*"
        text = substr(text, RSTART + 2)
        said = ""
        if (!in_comment) {
            said = text
            return 1
        }
    }
    if (match(text, /\*\//)) {
        text = substr(text, 1, RSTART - 1)
        in_comment = 0
    }
    said = said " " text
    return 1
}

function is_contract() {
    return said ~ /[a-zA-Z]/ && said !~ /SPDX-|^ *---/ && \
        said !~ /^ *[a-z_0-9\/]+\.[chd][a-z]*:? *$/
}

{
    own_line = in_comment || $0 ~ /^[ \t]*\/[*\/]/
    commented = has_comment($0)
    if (FNR > end && (FILENAME, FNR) in name) {
        begin = FNR
        end = last[FILENAME, FNR]
        behind = 0
    }
    if (FNR <= end) {
        behind = behind || (commented && is_contract())
        if (FNR < end)
            next
        if (spoken_for > 0)
            spoken_for--
        else if (!behind)
            printf "%s:%d: %s has no contract: a comment above or behind\n", \
                FILENAME, begin, name[FILENAME, begin]
    } else if (commented && own_line) {
        spoken_for = !in_comment && is_contract() ? GROUP : 0
    } else if ($0 !~ /^[A-Za-z][A-Za-z0-9_ ]*[*]?$/) {
        spoken_for = 0 # not the type of a declaration that goes on below
    }
}
