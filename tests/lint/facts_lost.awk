# SPDX-License-Identifier: Apache-2.0
# The lines `lost` of facts.sh; the first file holds the facts so far.  As the
# formatter writes it, a brace alone at the left margin begins a function.

BEGIN {
    FS = OFS = "\t"
}

NR == FNR {
    if ($1 == "def")
        for (i = $3; i <= $4; i++)
            inside[$2, i] = 1
    next
}

/^\{$/ && !((FILENAME, FNR) in inside) {
    print "lost", FILENAME, FNR
}
