# SPDX-License-Identifier: Apache-2.0
# Finds bodies of if, else, for, while and do that take more than one line and
# have no braces (clang-format 14 cannot add them).  FILE:LINE: reason.

# The line without comments, strings and character constants.
function bare(s,    out, c, two, quote) {
    out = ""
    while (s != "") {
        two = substr(s, 1, 2)
        c = substr(s, 1, 1)
        if (in_comment) {
            if (two == "*/") {
                in_comment = 0
                s = substr(s, 3)
            } else {
                s = substr(s, 2)
            }
        } else if (quote != "") {
            if (c == "\\") {
                s = substr(s, 3)
                continue
            }
            if (c == quote)
                quote = ""
            s = substr(s, 2)
        } else if (two == "/*") {
            in_comment = 1
            s = substr(s, 3)
        } else if (two == "//") {
            break
        } else if (c == "\"" || c == "'") {
            quote = c
            out = out "0"
            s = substr(s, 2)
        } else {
            out = out c
            s = substr(s, 2)
        }
    }
    sub(/[ \t\r]+$/, "", out)
    sub(/^[ \t]+/, "", out)
    return out
}

# Reads on through the parentheses of a condition; what follows it goes to
# `tail`.  False while some are still open.
function condition(s,    i, c) {
    for (i = 1; i <= length(s); i++) {
        c = substr(s, i, 1)
        if (c == "(") {
            depth++
            opened = 1
        } else if (c == ")" && --depth == 0) {
            tail = substr(s, i + 1)
            sub(/^[ \t]+/, "", tail)
            return 1
        }
    }
    return 0
}

function head_done() {
    # `if (x) {`, `} while (x);` and bodies on the same line are settled
    state = tail == "" ? "body" : ""
}

FNR == 1 {
    in_comment = 0
    state = ""
}

{
    code = bare($0)
    if (code == "" || code ~ /^#/ || code ~ /\\$/)
        next
    if (state == "body") {
        if (code !~ /;$/ && code !~ /^\{/) {
            printf "%s:%d: a body of more than one line needs braces\n", \
                FILENAME, start
            bad = 1
        }
        state = ""
    }
    if (state == "condition") {
        if (condition(code))
            head_done()
        next
    }
    sub(/^\}[ \t]*/, "", code)
    if (code ~ /^else[ \t]+if[ \t]*\(/)
        sub(/^else[ \t]+/, "", code)
    if (code ~ /^(if|for|while)[ \t]*\(/) {
        start = FNR
        depth = 0
        if (condition(code))
            head_done()
        else
            state = "condition"
    } else if (code == "else" || code == "do") {
        start = FNR
        state = "body"
    }
}

END {
    exit bad
}
