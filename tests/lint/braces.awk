# SPDX-License-Identifier: Apache-2.0
# Every body of if, else, for, while and do stands in braces (clang-format 14
# cannot add them).  FILE:LINE: reason.

# What came of a `}`: the `while` behind a `do {...}` has no body.
function close_brace() {
    after_do = nesting > 0 && opener[nesting] == "do"
    if (nesting > 0)
        nesting--
}

function open_brace() {
    opener[++nesting] = state == "body" ? keyword : ""
    state = ""
}

function complain() {
    printf "%s:%d: the body of %s has no braces\n", FILENAME, line, keyword
    state = ""
}

# head(WORD): a keyword that has a body.
function head(word) {
    keyword = word
    line = FNR
    depth = 0
    state = word == "else" || word == "do" ? "body" : "condition"
}

function read_token(t) {
    if (state == "condition") {
        if (t == "(")
            depth++
        else if (t == ")" && --depth == 0)
            state = after_do ? "" : "body"
        return
    }
    if (state == "body") {
        if (t == "{") {
            open_brace()
            return
        }
        if (keyword == "else" && t == "if") {
            head("if")
            return
        }
        complain()
    }
    if (t != "while")
        after_do = 0
    if (t ~ /^(if|else|for|while|do)$/)
        head(t)
    else if (t == "{")
        open_brace()
    else if (t == "}")
        close_brace()
}

function read_tokens(code) {
    while (match(code, /[A-Za-z_0-9]+|[^ \t]/)) {
        token = substr(code, RSTART, RLENGTH)
        code = substr(code, RSTART + RLENGTH)
        read_token(token)
    }
}

function forget() {
    state = ""
    nesting = after_do = 0
}

FNR == 1 {
    in_comment = in_directive = 0
    forget()
}

# A macro is read by itself: where it stands does not matter to what is around.
{
    code = bare($0)
    starts = !in_directive && code ~ /^[ \t]*#/
    if (starts) {
        kept_state = state
        kept_keyword = keyword
        kept_line = line
        kept_nesting = nesting
        kept_after = after_do
        in_directive = 1
        is_macro = sub(/^[ \t]*#[ \t]*define[ \t]+[A-Za-z_0-9]+/, "", code)
        state = ""
        after_do = 0
    }
    goes_on = sub(/\\$/, "", code)
    if (!in_directive || is_macro)
        read_tokens(code)
    if (in_directive && !goes_on) {
        in_directive = 0
        state = kept_state
        keyword = kept_keyword
        line = kept_line
        nesting = kept_nesting
        after_do = kept_after
    }
}
