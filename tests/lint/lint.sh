#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lint.sh [--only CHECK,...] [ROOT]: what no compiler checks.  Each finding is
# FILE:LINE: reason; TAP results and totals; exit 1 if there was a finding.
# The checks are listed at the end of this file.
set -u
here=$(cd "$(dirname "$0")" && pwd)
only=
known=
if [ "${1:-}" = --only ]; then
    only=,$2,
    shift 2
fi
cd "${1:-$here/../..}" || exit 1
passed=0
failed=0
skipped=0
n=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# sources DIR...: C files and headers below.
sources() {
    for dir in "$@"; do
        [ ! -d "$dir" ] || find "$dir" \( -name '*.c' -o -name '*.h' \) -print
    done | sort
}

# C files, headers, and the tables that are included several times over.
with_tables() {
    sources lib probe collector
    find . \( -path './lib/*' -o -path './probe/*' -o -path './collector/*' \) \
        -name '*.def' -print | sed 's|^\./||' | sort
}

# All text of the project, save the lint itself, which names what it bans.
texts() {
    find . \( -name .git -o -path './build' -o -path './build-*' -o -path ./tests/lint \
        -o -path ./parallax-data -o -path '*/corpus' \) -prune \
        -o -type f -print | sed 's|^\./||' | sort
}

# grep_in PATTERN REASON: reads file names; prints findings.
grep_in() {
    xargs -r grep -nIE -e "$1" /dev/null | while IFS= read -r hit; do
        file=${hit%%:*}
        rest=${hit#*:}
        echo "$file:${rest%%:*}: $2"
    done
}

# reader NAME [FILE...]: an awk program of this folder that reads C, here its
# structure (facts.sh), else the files named on its input.
reader() {
    program=$1
    shift
    awk -f "$here/code.awk" -f "$here/$program.awk" "$@"
}

facts() {
    [ -f "$work/facts" ] || sh "$here/facts.sh" . >"$work/facts" ||
        echo 'facts.sh:1: the sources cannot be read'
}

# of_facts NAME: what the awk program finds in the structure.
of_facts() {
    facts
    reader "$1" "$work/facts" | sort -t: -k1,1 -k2,2n
}

# check NAME TITLE [TOOL]: runs check_NAME, which prints its findings; skipped
# without its tool.
check() {
    known="$known,$1,"
    case $only in
    '' | *",$1,"*) ;;
    *) return ;;
    esac
    n=$((n + 1))
    if [ -n "${3:-}" ] && ! command -v "$3" >/dev/null 2>&1; then
        skipped=$((skipped + 1))
        echo "ok $n - $1: $2 # SKIP $3 is not installed"
        return
    fi
    "check_$1" >"$work/out" 2>&1
    if [ -s "$work/out" ]; then
        failed=$((failed + 1))
        echo "not ok $n - $1: $2"
        cat "$work/out"
    else
        passed=$((passed + 1))
        echo "ok $n - $1: $2"
    fi
}

check_format() {
    sources lib probe collector tests tools |
        xargs -r clang-format --dry-run -Werror 2>&1 |
        sed -n 's/^\([^ :]*\):\([0-9]*\):[0-9]*: error:.*/\1 \2/p' |
        awk '!seen[$1]++ { print $1 ":" $2 ": not as clang-format writes it" }'
}

check_includes() {
    with_tables |
        xargs -r awk -f "$here/includes.awk" "$here/layers.txt"
}

check_braces() {
    sources lib probe collector tests tools |
        xargs -r awk -f "$here/code.awk" -f "$here/braces.awk"
}

check_dialect() {
    sources lib probe collector tests tools |
        xargs -r awk -f "$here/code.awk" -f "$here/dialect.awk"
}

check_parsed() {
    facts
    awk -F '\t' '$1 == "lost" {
        print $2 ":" $3 ": ctags sees no function here, so other checks do not"
    }' "$work/facts"
}

check_circles() {
    facts
    reader circles "$work/facts"
}

check_names() {
    of_facts names
}

check_long() {
    of_facts long
}

check_docs() {
    facts
    sources lib probe collector | grep '\.h$' |
        xargs -r awk -f "$here/docs.awk" "$work/facts"
}

check_unused() {
    of_facts unused
}

# Folders of data explain themselves in the folder above, and tests/unit
# mirrors the folders of the sources.
check_readme() {
    for dir in lib probe collector tests tools docs; do
        [ ! -d "$dir" ] || find "$dir" \
            \( -name data -o -name corpus -o -name scenarios \) -prune \
            -o -type d ! -path 'tests/unit/*' -print
    done | sort | while IFS= read -r dir; do
        [ -s "$dir/README.md" ] || echo "$dir/README.md:1: is missing"
    done
}

# Documents and comments, and what exists for them to name.
check_paths() {
    find . \( -name .git -o -path './build' -o -path './build-*' -o \
        -path ./parallax-data \) -prune -o -print -name corpus -prune |
        sed -n 's|^\./||p' >"$work/tree"
    grep '\.md$' "$work/tree" |
        xargs -r awk -f "$here/paths.awk" "$work/tree"
    sources lib probe collector tests tools |
        xargs -r awk -f "$here/paths_code.awk" "$work/tree"
}

# The gate: whoever reads records does it through collector/store/view.c.
check_gate() {
    sources lib probe collector |
        grep -v '^collector/store/[^/]*$' |
        grep_in '\<store_(get|scan|stats)[[:space:]]*\(' \
            'reads the store past collector/store/view.h'
}

check_licence() {
    {
        sources lib probe collector tests tools
        texts | grep -E '\.(sh|awk|mk|t)$|(^|/)Makefile$'
        find tests/lint -type f ! -name '*.md' 2>/dev/null
    } | sort -u | while IFS= read -r file; do
        head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' ||
            echo "$file:1: no SPDX line"
    done
}

check_words() {
    texts | grep -vE '\.(csv|json|html?)$' |
        grep_in '\<(TODO|FIXME|XXX)\>' 'something left undone'
    # the formatter leaves no space before a call's parenthesis
    sources lib probe collector tests |
        grep_in '\<(getaddrinfo|gethostbyname[_a-z0-9]*)\(' \
            'the system resolver is not used'
    sources lib probe collector tests |
        grep_in '\<(strcpy|strcat|v?sprintf|gets|atoi|localtime(_r)?)\(' \
            'a banned function'
    sources lib probe collector |
        grep_in '\<system\(' 'a banned function'
    # base/fs.c walks a tree by descriptors
    sources lib probe collector |
        grep -E '[.]c$' | grep -vE '^lib/base/(look|fs)[.]c$' |
        grep_in '\<([fl]?stat|fstatat|opendir|readdir)\(' \
            'files are looked at by base/look.h, with their errors'
}

# A failure is called by its name: the strings have one home. The dictionary is
# bytes to compress against.
check_failures() {
    [ -f lib/record/failure.def ] || return 0
    sed -n 's/^FAILURE(.*\("[a-z_]*"\).*/\1/p' lib/record/failure.def \
        >"$work/failures"
    with_tables |
        grep -vE '^lib/record/(dictionary[.]c|failure[.]def)$' |
        xargs -r grep -nF -f "$work/failures" /dev/null |
        sed 's/^\([^:]*:[0-9]*\):.*/\1: a failure by its string: lib\/record\/failure.def names it/'
}

# A stranger's text reaches the record by the one writer that scrubs it.
check_writer() {
    find lib/record \( -name 'keys*.c' -o -name record.c \) -print 2>/dev/null |
        sort | xargs -r awk -f "$here/writer.awk"
}

# Our own site lists, under names that runs look for.
check_lists() {
    [ -f tests-lists/global.csv ] || return 0
    awk -f "$here/lists.awk" tests-lists/legend.csv tests-lists/global.csv \
        $(find tests-lists -name "[a-z][a-z].csv" | sort)
}

check_places() {
    texts | grep_in '(^|[^A-Za-z0-9_.-])/(root|Users|home/[a-z]+)/' \
        'a path of one machine'
}

check format 'sources are as clang-format writes them' clang-format
check includes 'includes follow the layers and the fences'
check braces 'every body stands in braces'
check dialect 'one way to write it'
check gate 'only the gate reads the store'
check parsed 'the parser of C sees every function' ctags
check licence 'every source names its licence'
check words 'no banned word or function'
check failures 'failures have one home'
check writer 'texts reach the record by key_writer'
check places 'no path of one machine'
check lists 'site lists are as they must be'
check circles 'no circle between files' ctags
check names 'what is public is named after its file' ctags
check long 'no function above 60 lines' ctags
check docs 'what is public has its contract' ctags
check unused 'what is public is used' ctags
check readme 'every folder says what it is for'
check paths 'what documents and comments name exists'
for name in $(echo "$only" | tr , " "); do
    case $known in
    *",$name,"*) ;;
    *)
        echo "lint.sh: no check is called $name" >&2
        exit 2
        ;;
    esac
done
echo "1..$n"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
