# SPDX-License-Identifier: Apache-2.0
# The lines `def` and `dec` of facts.sh, from what Universal Ctags printed.

BEGIN {
    FS = OFS = "\t"
}

# field(NAME): the value of a tag's field; "" if it has none.
function field(name,    i) {
    for (i = 4; i <= NF; i++)
        if (index($i, name ":") == 1)
            return substr($i, length(name) + 2)
    return ""
}

# ctags does not know the objects as static whose struct has no name
function is_static() {
    return $0 ~ /\tfile:/ || field("typeref") ~ /__anon/
}

{
    # the pattern between the name and the kind may hold tabs
    kind = ""
    for (i = 4; i <= NF && kind == ""; i++)
        if ($(i - 1) ~ /;"$/)
            kind = $i
}

kind == "function" {
    print "def", $2, field("line"), field("end"), $1, \
        is_static() ? "static" : "public"
}

kind == "variable" && !is_static() {
    print "def", $2, field("line"), field("end"), $1, "object"
}

# ctags takes all that a source declares for its own
(kind == "prototype" || kind == "externvar") && field("properties") !~ /static/ {
    print "dec", $2, field("line"), field("end"), $1
}
