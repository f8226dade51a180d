# SPDX-License-Identifier: Apache-2.0
# Reads the facts; finds public functions and objects that no other file uses:
# they should be static, or go.  What only tests use says so: its comment in
# the header holds `For tests:`.  FILE:LINE: reason.

BEGIN {
    FS = "\t"
}

# A name is known by the file that defines it too.
$1 == "def" && $6 != "static" && $5 != "main" {
    defined($2, $5)
    place[$2, $5] = $2 ":" $3
    kind[$2, $5] = $6 == "object" ? "object" : "function"
}

$1 == "dec" || $1 == "use" {
    fact[++facts] = $0
}

function note_use(file, name,    home) {
    if (file ~ /^(tests|tools)\//) {
        by_tests[name] = 1
        return
    }
    home = definer_of(file, name)
    if (home != file)
        user[home, name] = file
    else
        at_home[home, name] = 1
}

function note_declaration(header, line, name,    home) {
    if (header !~ /\.h$/)
        return
    home = definer_of(header, name)
    declared_in[home, name] = header
    declared_at[home, name] = line
}

# Whether the comment of a declaration, above it or behind it, has the mark.
function is_marked(id,    text, n, block, header, line) {
    if (!(id in declared_in))
        return 0
    header = declared_in[id]
    line = declared_at[id]
    n = 0
    block = ""
    while (n < line && (getline text < header) > 0) {
        n++
        if (text ~ /^[ \t]*\/[*\/]/ || text == "")
            block = ""
        block = block text
        if (text ~ /;.*\/[*\/]/ && n < line)
            block = ""
    }
    close(header)
    return index(block, "For tests:") > 0
}

# What is wrong with a public name; "" if nothing.
function judge(id, name) {
    if (id in user)
        return is_marked(id) ? \
            "is `For tests:` by its comment, but " user[id] " uses it" : ""
    if (name in by_tests)
        return is_marked(id) ? "" : \
            "is used by tests alone" (id in at_home ? " and here" : "") \
            ": its comment does not say `For tests:`"
    return id in at_home ? "is used here alone: static" : "is not used"
}

END {
    for (i = 1; i <= facts; i++) {
        split(fact[i], f, "\t")
        if (f[1] == "use")
            note_use(f[2], f[4])
        else
            note_declaration(f[2], f[3], f[5])
    }
    for (id in place) {
        split(id, part, SUBSEP)
        why = judge(id, part[2])
        if (why != "")
            print place[id] ": " kind[id] " " part[2] " " why
    }
    # objects may come from what tools make while building
    for (id in declared_in)
        if (id ~ ("^" SUBSEP) && !(id in user))
            print declared_in[id] ":" declared_at[id] ": " substr(id, 2) \
                " is declared, but neither defined nor used"
}
