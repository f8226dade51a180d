# SPDX-License-Identifier: Apache-2.0
# What a document names exists.  A path is looked for below the folder of the
# document, below each folder above that, and, as sources include it, below lib.
# Without the end of a file's name it may be a room, NAME.c or NAME.h.  Read are
#   - words that begin with a folder of the root, `lib/base/str.h`: those in
#     backquotes, and others that end in a file's name;
#   - words in backquotes that end like a source or a document, `str.h`.
# A `*` or a NAME stands for any letters but a slash; a word like NAME.c alone, or
# X.h, is no path.
# The first file is the tree, one path a line; the others are documents.
# FILE:LINE: reason.

NR == FNR {
    tree[$0] = 1
    if (split($0, part, "/") == 1)
        top[$0] = 1
    next
}


function exists(path,    pattern, one) {
    sub(/\/$/, "", path)
    gsub(/NAME/, "*", path)
    if (index(path, "*") == 0)
        return path in tree
    pattern = path
    gsub(/\./, "[.]", pattern)
    gsub(/\*/, "[^/]*", pattern)
    for (one in tree)
        if (one ~ ("^" pattern "$"))
            return 1
    return 0
}

# Somewhere from the folder of the document up, or in lib.
function is_there(path,    folder) {
    folder = FILENAME
    while (sub(/[^\/]*\/?$/, "", folder) && folder != "")
        if (exists(folder path))
            return 1
    return exists(path) || exists("lib/" path)
}

# One word, which may be a path.
function look(word, quoted,    first) {
    sub(/[.]+$/, "", word)
    first = word
    sub(/\/.*/, "", first)
    if (index(word, "/") > 0 && first in top) {
        if (!quoted && word !~ /\.[a-z0-9]+$/)
            return
    } else if (!quoted || word !~ /^[A-Za-z0-9_*].*\.([ch]|sh|awk|t|def|mk|md|rpl|scn)$/ ||
               word ~ /(^|_)(NAME|X|FILE)[._]/)
        return
    if (!is_there(word) && !is_there(word ".c") && !is_there(word ".h"))
        print FILENAME ":" FNR ": there is no " word
}

function each_word(text, quoted,    n, i, word) {
    n = split(text, word, /[^A-Za-z0-9_.\/*-]+/)
    for (i = 1; i <= n; i++)
        look(word[i], quoted)
}

{
    rest = $0
    while (match(rest, /`[^`]*`/)) {
        each_word(substr(rest, 1, RSTART - 1), 0)
        each_word(substr(rest, RSTART + 1, RLENGTH - 2), 1)
        rest = substr(rest, RSTART + RLENGTH)
    }
    each_word(rest, 0)
}
