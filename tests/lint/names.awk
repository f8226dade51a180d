# SPDX-License-Identifier: Apache-2.0
# Reads the facts; a public function or object begins with the name of its file:
# NAME.c holds NAME and NAME_*, or has a short name
# in the table below.  FILE:LINE: reason.

BEGIN {
    FS = "\t"
    # the writer of JSON is called on nearly every line of whoever writes a
    # record: a long prefix would hide what is written
    short["json_out"] = "jw"
}

$1 == "def" && $6 != "static" && $5 != "main" {
    prefix = room_of($2)
    sub(/.*\//, "", prefix)
    if (prefix in short)
        prefix = short[prefix]
    if ($5 != prefix && index($5, prefix "_") != 1)
        print $2 ":" $3 ": " $5 " does not begin with " prefix "_"
}
