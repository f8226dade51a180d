# SPDX-License-Identifier: Apache-2.0
# Reads the facts; functions of more than 60 lines, from the line of the name to
# that of the last brace.  FILE:LINE: reason.

BEGIN {
    FS = "\t"
}

$1 == "def" && $6 != "object" && $4 - $3 + 1 > 60 {
    print $2 ":" $3 ": " $5 " has " $4 - $3 + 1 " lines, more than 60"
}
