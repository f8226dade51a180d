# SPDX-License-Identifier: Apache-2.0
# code.awk: what the readers of C share; given to awk before them.

# The line without comments; a string becomes "" and a character constant 0.
# A comment may go on to the next line: in_comment says so, and whoever begins
# a file sets it to 0.
function bare(s,    out, at) {
    out = ""
    while (s != "") {
        if (in_comment) {
            at = index(s, "*/")
            if (!at)
                return out
            in_comment = 0
            s = substr(s, at + 2)
            continue
        }
        if (!match(s, /\/\*|\/\/|["']/))
            return out s
        out = out substr(s, 1, RSTART - 1)
        at = substr(s, RSTART, 2)
        s = substr(s, RSTART)
        if (at == "//")
            return out
        if (at == "/*") {
            in_comment = 1
            out = out " "
            s = substr(s, 3)
        } else if (match(s, /^"([^"\\]|\\.)*"/)) {
            out = out "\"\""
            s = substr(s, RLENGTH + 1)
        } else if (match(s, /^'([^'\\]|\\.)*'/)) {
            out = out "0"
            s = substr(s, RLENGTH + 1)
        } else {
            s = substr(s, 2)
        }
    }
    return out
}

# The room of a file: its path without .c, .h or _int.h.
function room_of(file) {
    if (!sub(/_int\.h$/, "", file))
        sub(/\.[a-z]+$/, "", file)
    return file
}

# Both programs may define the same name; a third part is the library.  Facts
# of definitions go through defined(), then definer_of() finds the file that
# defines what a file names; "" if none does.
function part_of(file) {
    sub(/\/.*/, "", file)
    return file
}

function defined(file, name) {
    definers[part_of(file), name] = file
}

function definer_of(file, name,    part) {
    part = part_of(file)
    if ((part, name) in definers)
        return definers[part, name]
    return ("lib", name) in definers ? definers["lib", name] : ""
}
