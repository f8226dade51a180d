# SPDX-License-Identifier: Apache-2.0
# A source or document that a comment in C names exists: some path of the tree
# ends in it.  The first file is the tree, one path a line; the others are C.
# FILE:LINE: reason.

NR == FNR {
    path = $0
    do
        ends[path] = 1
    while (sub(/^[^\/]*\//, "", path))
    next
}

FNR == 1 {
    in_comment = 0
}

# What the line has in comments; in_comment goes on to the next line.
function comments(s,    out, at) {
    out = ""
    for (;;) {
        if (in_comment) {
            at = index(s, "*/")
            if (!at)
                return out " " s
            out = out " " substr(s, 1, at - 1)
            s = substr(s, at + 2)
            in_comment = 0
        }
        if (!match(s, /\/\*|\/\/|"/))
            return out
        at = substr(s, RSTART, 2)
        s = substr(s, RSTART)
        if (at == "//")
            return out " " substr(s, 3)
        if (at == "/*") {
            s = substr(s, 3)
            in_comment = 1
        } else if (match(s, /^"([^"\\]|\\.)*"/))
            s = substr(s, RLENGTH + 1)
        else
            s = substr(s, 2)
    }
}

{
    n = split(comments($0), word, /[^A-Za-z0-9_.\/-]+/)
    for (i = 1; i <= n; i++) {
        sub(/[.]+$/, "", word[i])
        if (word[i] ~ /^[a-z][A-Za-z0-9_/-]*\.([ch]|sh|awk|def|md|tsv)$/ && !(word[i] in ends))
            print FILENAME ":" FNR ": there is no " word[i]
    }
}
