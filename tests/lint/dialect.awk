# SPDX-License-Identifier: Apache-2.0
# One way to write what C lets one write in several.  FILE:LINE: reason.

BEGIN {
    # Calls whose result may be ignored by (void) without a word, since nothing
    # can be done about it or nothing can go wrong.
    # Text for a person at a terminal that may be gone:
    silent("printf|fflush|fprintf")
    # a descriptor or directory that was only read, or given up
    silent("close|closedir")
    # locks fail by a mistake of the program only
    silent("pthread_(mutex|cond|mutexattr)_[a-z]+|pthread_join")
    # text cut to its buffer is meant; the compiler warns where it is certain
    silent("v?snprintf|str_copy|inet_ntop")
    # returns the error that it is given
    silent("diag_set")
    # right arguments always work; a sleep cut short is a sleep
    silent("sig(empty|add|fill)set|signal|sigprocmask|clock_gettime|usleep")
}

function silent(pattern) {
    allowed = allowed (allowed == "" ? "" : "|") pattern
}

function complain(why) {
    printf "%s:%d: %s\n", FILENAME, FNR, why
}

function check_results(code,    called) {
    while (match(code, \
        /\(void\)[ \t]*[(!*]*[A-Za-z_][][A-Za-z_0-9.>-]*\)?[ \t]*\(/)) {
        called = substr(code, RSTART + 6, RLENGTH - 7)
        code = substr(code, RSTART + RLENGTH)
        gsub(/[ \t()!*]/, "", called)
        if (called == "fprintf" && code !~ /^(stderr|stdout),/)
            called = "fprintf to a file"
        if (called !~ ("^(" allowed ")$"))
            complain("the result of " called \
                " is ignored without a reason in a comment")
    }
}

function check_memory(code) {
    if (code ~ /= *([mc]alloc|realloc(array)?|region_c?alloc)\(/ && \
        code ~ /sizeof\((struct|enum|union) [a-z_0-9]+\)/)
        complain("memory for a type: sizeof(*p) follows the pointer")
}

FNR == 1 {
    in_comment = above = 0
}

# The reason stands in a comment on the line or above it, there for several such
# calls in a row.  What a fuzzer does with a result is to ignore it.
{
    commented = in_comment || $0 ~ /(^|[ \t])\/[*\/]/ && $0 !~ /SPDX-/
    code = bare($0)
    if (!commented && !above && FILENAME !~ /^tests\/fuzz\//)
        check_results(code)
    above = commented || above && code ~ /^[ \t]*\(void\)/
    check_memory(code)
}

code ~ /[!=]=[ \t]*NULL($|[^A-Za-z_0-9])|(^|[^A-Za-z_0-9])NULL[ \t]*[!=]=/ {
    complain("a pointer compared with NULL: `!p` or `p`")
}

code ~ /(^|[^A-Za-z_0-9])sizeof($|[^(A-Za-z_0-9])/ {
    complain("sizeof without parentheses")
}

# Who declares what another file defines includes its header; the list of the
# environment has none.
FILENAME ~ /^(lib|probe|collector)\/.*\.c$/ && code !~ /environ;/ && \
    code ~ /(^|[^A-Za-z_0-9])extern($|[^A-Za-z_0-9])/ {
    complain("extern in a source: its header declares it")
}

code ~ /^[ \t]*typedef[ \t]+(struct|union|enum)/ && code !~ /\(/ {
    complain("a struct by another name: say struct, union or enum")
}

code ~ /^[ \t]*#[ \t]*if[ \t]+0/ {
    complain("code that nobody compiles")
}
