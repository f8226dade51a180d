# SPDX-License-Identifier: Apache-2.0
# lists.awk LEGEND GLOBAL LIST...: what is wrong with our site lists, by the
# rules of Citizen Lab's own lint and a few more: every column as it must be,
# no site twice, every category in the global list, the class of each.

function finding(why) {
    print FILENAME ":" FNR ": " why
}

# The cells of a line of CSV into cell[1..n]; quotes may stand around one.
function cells(line, n, at, c, quoted, text) {
    n = 1
    text = ""
    quoted = 0
    for (at = 1; at <= length(line); at++) {
        c = substr(line, at, 1)
        if (quoted && c == "\"" && substr(line, at + 1, 1) == "\"") {
            text = text "\""
            at++
        } else if (c == "\"") {
            quoted = !quoted
        } else if (c == "," && !quoted) {
            cell[n++] = text
            text = ""
        } else {
            text = text c
        }
    }
    cell[n] = text
    if (quoted) {
        finding("a quote has no end")
    }
    return n
}

function url_ok(url) {
    return url ~ /^https:\/\/[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:[0-9]+)?\/[^ #]*$/
}

function check_row(i) {
    for (i = 1; i <= 7; i++) {
        if (cell[i] ~ /^ | $/) {
            finding("a space at the end of a cell")
        }
    }
    if (!url_ok(cell[1])) {
        finding("no https URL with a path: " cell[1])
    }
    if ((FILENAME, cell[1]) in seen) {
        finding("stands in line " seen[FILENAME, cell[1]] " already")
    } else if (FILENAME != global && (global, cell[1]) in seen) {
        finding("stands in " global " already")
    }
    seen[FILENAME, cell[1]] = FNR
    if (!(cell[2] in name)) {
        finding("no category is called " cell[2])
    } else if (cell[3] != name[cell[2]]) {
        finding(cell[2] " is described as " name[cell[2]])
    } else if (cell[7] != class[cell[2]]) {
        finding(cell[2] " is of class " class[cell[2]])
    }
    if (cell[4] !~ /^20[0-9][0-9]-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/) {
        finding("no date as YYYY-MM-DD")
    }
    if (cell[6] == "") {
        finding("the notes do not say why it is here")
    }
    if (FILENAME == global) {
        rows++
        in_global[cell[2]] = 1
    }
}

BEGIN {
    header = "url,category_code,category_description,date_added,source,notes,risk_class"
    global = ARGV[2]
}

NR == FNR {
    if (FNR > 1 && cells($0) == 3) {
        name[cell[1]] = cell[2]
        class[cell[1]] = cell[3]
    }
    next
}

/[\r\t\\]/ {
    finding("a tab, a backslash or a carriage return")
    next
}

FNR == 1 {
    if ($0 != header) {
        finding("the header is not " header)
    }
    next
}

cells($0) == 7 {
    check_row()
    next
}

{
    finding("not seven cells")
}

END {
    if (rows < 150) {
        print global ":1: fewer than 150 sites"
    }
    for (code in name) {
        if (!(code in in_global)) {
            print global ":1: no site of category " code
        }
    }
}
