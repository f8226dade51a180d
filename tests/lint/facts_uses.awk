# SPDX-License-Identifier: Apache-2.0
# The lines `use` of facts.sh; the first file holds the facts so far.

BEGIN {
    OFS = "\t"
}

NR == FNR {
    if ($1 == "def" && $6 != "static") {
        public[$5] = 1
        here[$2, $3, $5] = 1
    } else if ($1 == "dec") {
        public[$5] = 1
        if ($2 ~ /\.h$/)
            here[$2, $3, $5] = 1
    }
    next
}

FNR == 1 {
    in_comment = 0
}

# A member (`.name`, `->name`) is another thing of that name.
{
    code = bare($0)
    if (code ~ /^[ \t]*#[ \t]*include/)
        next
    member = 0
    while (match(code, /[A-Za-z_][A-Za-z_0-9]*/)) {
        name = substr(code, RSTART, RLENGTH)
        before = substr(code, 1, RSTART - 1)
        code = substr(code, RSTART + RLENGTH)
        if (name in public && before !~ /(->|\.)$/ &&
            !((FILENAME, FNR, name) in here))
            print "use", FILENAME, FNR, name
    }
}
