# SPDX-License-Identifier: Apache-2.0
# The lines `inc` of facts.sh; reads the list of files twice: first to know
# them, then to read each.

BEGIN {
    OFS = "\t"
}

NR == FNR {
    known[$0] = 1
    next
}

# "x/y.h" stands below lib or the root, "y.h" beside the file.
function target(file, name) {
    if (index(name, "/") == 0) {
        sub(/[^\/]*$/, "", file)
        return (file name) in known ? file name : "-"
    }
    if (("lib/" name) in known)
        return "lib/" name
    return name in known ? name : "-"
}

{
    file = $0
    n = 0
    while ((getline line < file) > 0) {
        n++
        if (line !~ /^[ \t]*#[ \t]*include[ \t]*"/)
            continue
        name = line
        sub(/^[^"]*"/, "", name)
        sub(/".*/, "", name)
        print "inc", file, n, name, target(file, name)
    }
    close(file)
}
