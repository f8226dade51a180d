#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lint_test.sh: plants each kind of fault in a small tree and expects lint.sh to
# name its file and line, and nothing in the tree without faults.  TAP.
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
tree=$work/clean
n=0
bad=0
spdx='// SPDX-License-Identifier: Apache-2.0'

result() {
    n=$((n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $n - $2"
    else
        bad=1
        echo "not ok $n - $2"
    fi
}

# put FILE LINE...: a file of these lines.
put() {
    target=$tree/$1
    shift
    mkdir -p "${target%/*}"
    printf '%s\n' "$@" >"$target"
}

# source FILE LINE...: the same, with its licence in the first line.
source() {
    file=$1
    shift
    put "$file" "$spdx" "$@"
}

# The tree without faults.
plant_clean() {
    mkdir -p "$tree"
    cp "$here/../../.clang-format" "$tree/"
    source lib/base/str.h '/* The number of bytes before the NUL; 0 for NULL. */' \
        'int str_len(const char *s);' 'void str_free(char *s);' '' \
        'extern const int str_max; /* bytes */'
    source lib/base/str.c '#include "base/str.h"' '' '#include <string.h>' '' \
        'typedef enum err (*step_fn)(void *arg);' '' \
        'static const struct {' '    int n;' '} anonymous[] = {{1}};' '' \
        'const int str_max = 10;' '' '/* if (x)' ' * a comment is no code;' ' */' \
        'int str_len(const char *s)' '{' '    if (!s) {' '        return 0;' \
        '    }' '    for (; *s; s++) {' '        if (*s == '"'('"') {' \
        '            continue;' '        } else if (*s == '"'\"'"') {' \
        '            break;' '        } else {' '            continue;' \
        '        }' '    }' '    do {' '        s++;' '    } while (*s);' \
        '    while (s && *s && (s[0] != s[1] || s[1] != s[2]) && s[2] != s[3] &&' \
        '           s[3] != s[4]) {' '        s++;' '    }' \
        '    /* it may be long */' '    (void)strlen(s);' \
        '    return (int)strlen("getaddrinfo") + anonymous[0].n;' '}' '' \
        'void str_free(char *s)' '{' \
        '    (void)snprintf(s, 1, "x == NULL, sizeof x");' '}'
    source lib/wire/url.h '#include "base/str.h"' '' \
        'static inline int url_len(const char *s) /* of a URL, without NUL */' \
        '{' '    return str_len(s);' '}'
    source lib/net/fetch.c '#include <curl/curl.h>'
    source lib/base/loop.c '#include <event2/event.h>'
    source lib/base/crypto.c '#include <openssl/sha.h>' '#include <sodium.h>'
    source collector/store/store.h '/* A record by its number. */' \
        'int store_get(int s);'
    source collector/store/store.c '#include "collector/store/store.h"' '' \
        'int store_get(int s)' '{' '    return s;' '}'
    source collector/store/view.h '/* A record that may be shown. */' \
        'int view_get(int s);'
    source collector/store/view.c '#include "collector/store/view.h"' \
        '#include "collector/store/store.h"' '' 'int view_get(int s)' '{' \
        '    return store_get(s);' '}'
    source collector/cmd/main.c '#include "collector/store/view.h"' '' \
        'int main(void)' '{' '    return view_get(1);' '}'
    source probe/cmd/main.c '#include "wire/url.h"' '' 'int main(void)' '{' \
        '    str_free(0);' '    return url_len("x") + str_max;' '}'
    source tests/lab/web.c '#include <openssl/ssl.h>'
    put tests/run.sh '#!/bin/sh' '# SPDX-License-Identifier: Apache-2.0'
    put Makefile '# SPDX-License-Identifier: Apache-2.0'
    put docs/page.md 'Install with apt; the file is /etc/parallax/config.'
    put tests/fuzz/corpus/one 'data'
    put tests/unit/base/x 'mirrors lib/base'
    for dir in lib lib/base lib/wire lib/net collector collector/store \
        collector/cmd probe probe/cmd tests tests/lab tests/fuzz tests/unit \
        docs; do
        put $dir/README.md 'What lives here.'
    done
}

clean_tree() {
    rm -rf "$work/tree"
    cp -r "$work/clean" "$work/tree"
}

# finds CHECK NAME FILE:LINE REASON: what this check of lint.sh says of the tree
# holds the rest.
finds() {
    said=$(sh "$here/lint.sh" --only "$1" "$tree" 2>&1)
    rc=$?
    printf '%s\n' "$said" | grep -qF "$3: $4"
    found=$?
    [ "$rc" = 1 ] || found=1
    result "$found" "lint finds $2"
    [ "$found" = 0 ] || printf '%s\n' "$said" | sed 's/^/# /'
    clean_tree
}

# accepts CHECK NAME: this check finds nothing in the tree.
accepts() {
    said=$(sh "$here/lint.sh" --only "$1" "$tree" 2>&1)
    rc=$?
    result "$rc" "lint accepts $2"
    [ "$rc" = 0 ] || printf '%s\n' "$said" | sed 's/^/# /'
    clean_tree
}

if command -v ctags >/dev/null 2>&1; then
    has_ctags=1
else
    has_ctags=0
    echo "ok $((n += 1)) - structure of the sources # SKIP no ctags"
fi

plant_clean
tree=$work/tree
clean_tree
every=$(sed -n 's/^ *check \([a-z]*\) .*/\1/p' "$here/lint.sh" | paste -sd, -)
said=$(sh "$here/lint.sh" --only "$every" "$tree" 2>&1)
result $? 'lint finds nothing in a tree without faults'
[ "$bad" = 0 ] || printf '%s\n' "$said" | sed 's/^/# /'
totals='^[0-9]+ passed, 0 failed, [0-9]+ skipped$'
printf '%s\n' "$said" | tail -n 1 | grep -qE "$totals"
result $? 'lint ends with its totals'
sh "$here/house.sh" "$tree" >"$work/said" 2>&1 &&
    grep -q '^  url: lib/base/str$' "$work/said"
result $? 'the house prints which room needs which'
sh "$here/lint.sh" --only nothing "$tree" >"$work/said" 2>&1
[ $? = 2 ]
result $? 'lint refuses a check that it does not know'

if command -v clang-format >/dev/null 2>&1; then
    source lib/base/a.c 'int a;' 'int   b;'
    finds format 'bad format' lib/base/a.c:3 'not as clang-format'
else
    echo "ok $((n += 1)) - lint finds bad format # SKIP no clang-format"
fi

# layers: file, include
while read -r file include; do
    source "$file" "#include \"$include\""
    finds includes "$file including $include" "$file:2" "${file%/*} may not include"
done <<'LIST'
lib/base/a.h wire/url.h
lib/base/a.c cli/opt.h
lib/wire/a.c record/uid.h
lib/record/a.c engine/engine.h
lib/record/a.c net/fetch.h
lib/record/b.c verdict/verdict.h
lib/net/a.c engine/engine.h
lib/net/a.c cli/opt.h
lib/engine/a.c verdict/verdict.h
lib/verdict/a.c engine/engine.h
lib/verdict/a.c net/fetch.h
lib/verdict/a.c words/words.h
lib/verdict/b.c probe/cmd/main.h
lib/verdict/read/a.c verdict/verdict.h
lib/words/a.c net/fetch.h
probe/run/a.c probe/cmd/cmds.h
probe/deliver/a.c probe/run/session.h
probe/volunteer/a.c probe/deliver/spool.h
probe/run/a.c collector/store/store.h
collector/cmd/a.c probe/cmd/main.h
collector/store/a.c collector/ingest/ingest.h
collector/http/a.c collector/api/route.h
collector/ingest/a.c collector/api/route.h
collector/control/a.c collector/store/store.h
collector/analysis/a.c collector/report/report.h
collector/report/a.c collector/cmd/cmds.h
collector/api/a.c collector/web/web.h
collector/web/a.c collector/api/route.h
LIST
source lib/engine/web/a.c '#include "verdict/verdict.h"'
finds includes 'a layer in a folder below it' lib/engine/web/a.c:2 \
    'lib/engine may not include lib/verdict'
source lib/engine/web/a.c '#include "engine/sni/pairs.h"' '#include "net/tls.h"'
accepts includes 'folders below one layer including each other'
source lib/new/a.c '#include "base/str.h"'
finds includes 'a folder without a layer' lib/new/a.c:2 'lib/new is not in layers'
source probe/run/a.c '#include "store.h"'
finds includes 'a probe including a header of the collector' probe/run/a.c:2 \
    'store.h is not a header of probe/run'
source probe/run/a.c '#include "../collector/store/store.h"'
finds includes 'a relative include' probe/run/a.c:2 'an include by relative path'

source lib/record/keys_a.c 'void keys_a(struct jw *w, const char *s)' '{' \
    '    jw_kc(w, "a",' '          s);' '}'
finds writer 'a text in the record that nobody scrubbed' lib/record/keys_a.c:4 \
    'jw_kc writes a text past key_writer'
source lib/record/keys_a.c 'void keys_a(struct jw *w, struct str s)' '{' \
    '    jw_str(w, s);' '}'
finds writer 'an element that nobody scrubbed' lib/record/keys_a.c:4 \
    'jw_str writes a text past key_writer'
source lib/record/keys_a.c 'void keys_a(struct jw *w, const char *s)' '{' \
    '    jw_ki(w, s, 1);' '}'
finds writer 'a key that nobody scrubbed' lib/record/keys_a.c:4 \
    'jw_ki with a key that is no literal'
source lib/record/keys_a.c 'void keys_a(struct jw *w, int64_t n)' '{' \
    '    jw_kc(w, "a", "b");' '    jw_ki(w, "c", n);' '}'
accepts writer 'words of our own'

# list LINE...: our lists, and these lines behind the header of another.
list() {
    mkdir -p "$tree/tests-lists"
    cp "$here/../../tests-lists/legend.csv" "$here/../../tests-lists/global.csv" \
        "$tree/tests-lists/"
    put tests-lists/xx.csv "$(head -n 1 "$here/../../tests-lists/global.csv")" "$@"
}
xx=tests-lists/xx.csv
list 'https://a.example/,NEWS,News Media,2026-11-30,us,"why, and what for",R1'
accepts lists 'a list as it must be'
while IFS='|' read -r what row why; do
    list 'https://b.example/,NEWS,News Media,2026-11-30,us,why,R1' "$row"
    finds lists "$what" "$xx:3" "$why"
done <<END
a URL without a path|https://a.example,NEWS,News Media,2026-11-30,us,why,R1|no https URL with a path: https://a.example
a URL in the clear|http://a.example/,NEWS,News Media,2026-11-30,us,why,R1|no https URL with a path: http://a.example/
a site that stands there twice|https://b.example/,NEWS,News Media,2026-11-30,us,why,R1|stands in line 2 already
a site of the global list|https://www.bbc.com/,NEWS,News Media,2026-11-30,us,why,R1|stands in tests-lists/global.csv already
a category that there is not|https://a.example/,FAKE,News Media,2026-11-30,us,why,R1|no category is called FAKE
a category under another name|https://a.example/,NEWS,News media,2026-11-30,us,why,R1|NEWS is described as News Media
a class that is another category's|https://a.example/,HUMR,Human Rights Issues,2026-11-30,us,why,R1|HUMR is of class R2
a date of another kind|https://a.example/,NEWS,News Media,30.11.2026,us,why,R1|no date as YYYY-MM-DD
a row without a reason|https://a.example/,NEWS,News Media,2026-11-30,us,,R1|the notes do not say why it is here
a space too many|https://a.example/,NEWS,News Media,2026-11-30,us ,why,R1|a space at the end of a cell
a cell too few|https://a.example/,NEWS,News Media,2026-11-30,us,R1|not seven cells
a tab|https://a.example/,NEWS,News Media,2026-11-30,us,why	not,R1|a tab, a backslash or a carriage return
END
list
sed 1d "$here/../../tests-lists/global.csv" >"$tree/tests-lists/global.csv"
finds lists 'a missing header' tests-lists/global.csv:1 'the header is not url,'
list
sed -i /,XED,/d "$tree/tests-lists/global.csv"
finds lists 'a category without a site' tests-lists/global.csv:1 \
    'no site of category XED'

source lib/engine/a.c '#include "net/curl_loop.h"'
finds includes 'a header of ours with types of libcurl' lib/engine/a.c:2 \
    'net/curl_loop.h is fenced'

# fences: a header that is not for lib/wire/a.c
while read -r header; do
    source lib/wire/a.c "#include <$header>"
    finds includes "<$header> outside its file" lib/wire/a.c:2 "<$header> is fenced"
done <<'LIST'
curl/curl.h
ares.h
pcap.h
pcap/pcap.h
openssl/ssl.h
openssl/sha.h
sodium.h
event2/event.h
microhttpd.h
sqlite3.h
maxminddb.h
zstd.h
zlib.h
idn2.h
libpsl.h
pcre2.h
libnetfilter_queue/libnetfilter_queue.h
LIST
source lib/base/loop.c '#include <event2/http.h>'
finds includes 'an extra of libevent' lib/base/loop.c:2 '<event2/http.h> is fenced'
source lib/base/crypto.c '#include <openssl/ssl.h>'
finds includes 'TLS in the file of hashes' lib/base/crypto.c:2 \
    '<openssl/ssl.h> is fenced'

for call in store_get store_scan store_stats; do
    source collector/report/report.c 'int f(int s)' '{' "    return $call(s);" '}'
    finds gate "$call outside the gate" collector/report/report.c:4 \
        'reads the store past'
done

# braces NAME LINE CODE...: code in a function; its first line is line 4.
braces() {
    name=$1
    line=$2
    shift 2
    source lib/base/a.c 'void f(int a)' '{' "$@" '}'
    finds braces "$name" "lib/base/a.c:$line" 'the body of'
}
braces 'an if without braces' 4 '    if (a)' '        f(1);'
braces 'an if on one line' 4 '    if (a) f(1);'
braces 'an if with two lines' 4 '    if (a)' '        f(a +' '          1);'
braces 'an else with two lines' 6 '    if (a) {' '        f(1);' '    } else' \
    '        f(a +' '          1);'
braces 'a for around an if' 4 '    for (;;)' '        if (a) {' \
    '            f(1);' '        }'
braces 'a while with two lines' 4 '    while (a)' '        f(a +' '          1);'
braces 'a while of nothing' 4 '    while (a)' '        ;'
braces 'a do without braces' 4 '    do' '        f(1);' '    while (a);'
braces 'an else if around braces' 6 '    if (a) {' '        f(1);' \
    '    } else if (a > 1)' '        for (;;) {' '        }'
braces 'a condition of two lines' 4 '    if (a &&' '        a > 1)' \
    '        f(a +' '          1);'
braces 'a while behind a do of braces' 7 '    do {' '        f(1);' \
    '    } while (a);' '    while (a)' '        f(1);'
braces 'an if in a macro' 4 '#define F(a) if (a) f(1)'
source lib/base/a.c '#define F(a) \' '    do { \' '        if (a) { \' \
    '            f(a); \' '        } \' '    } while (0)' \
    '#define EACH(a) for (;;)' 'int a;'
accepts braces 'macros with braces, or the head of a loop'
source tests/unit/base/a.c 'void f(int a)' '{' '    if (a)' '        f(1);' '}'
finds braces 'a test without braces' tests/unit/base/a.c:4 'the body of if'

# dialect NAME REASON LINE...: the last line is at fault
dialect() {
    name=$1
    reason=$2
    shift 2
    source lib/base/a.c "$@"
    finds dialect "$name" "lib/base/a.c:$(($# + 1))" "$reason"
}
dialect 'a pointer compared with NULL' 'a pointer compared' 'a = p == NULL;'
dialect 'NULL compared with a pointer' 'a pointer compared' 'a = NULL != p;'
dialect 'sizeof of a variable' 'sizeof without' 'a = sizeof b;'
dialect 'sizeof of what is pointed to' 'sizeof without' 'a = sizeof *b;'
dialect 'memory for a type' 'memory for a type' 'p = calloc(n, sizeof(struct x));'
dialect 'memory of a region for a type' 'memory for a type' \
    'p->q = region_alloc(r, sizeof(struct x));'
dialect 'a result ignored' 'the result of f is ignored' '(void)f(1);'
dialect 'a result ignored, two lines below a reason' 'the result of f is ignored' \
    '/* a reason */' 'g();' '(void)f(1);'
dialect 'a file written without a look' 'the result of fprintf to a file' \
    '(void)fprintf(out, "x");'
source lib/base/a.c '(void)close(1);' '(void)fprintf(stderr, "x");' '(void)x;' \
    '(void)f(1); /* it never fails */' '/* it never' ' * fails */' '(void)f(1);'
accepts dialect 'results ignored with a reason'

# The structure of the sources.
if [ $has_ctags = 1 ]; then
    source lib/base/a.h '#include "base/b.h"'
    source lib/base/b.c '#include "base/c.h"'
    source lib/base/c_int.h '#include "base/a.h"'
    source lib/base/c.h ''
    source lib/base/b.h ''
    finds circles 'a circle by includes' lib/base/b.c:2 \
        'in a circle of 3 rooms with lib/base/a: lib/base/b needs lib/base/c: it includes'
    source lib/base/a.h 'int a_x(void);' 'int b_x(void);'
    source lib/base/b.c '#include "base/a.h"' '' 'int b_x(void)' '{' \
        '    return 1;' '}'
    finds circles 'a circle by a declaration' lib/base/a.h:3 \
        'in a circle of 2 rooms with lib/base/a: lib/base/a needs lib/base/b: it declares b_x'
    source lib/base/a.c 'static struct a *' 'a_y(void);' 'int b_x(void);'
    source lib/base/b.c '#include "base/a.h"' '' 'int b_x(void)' '{' \
        '    return 1;' '}'
    source lib/base/a.h ''
    finds circles 'a circle by a declaration in a source' lib/base/a.c:4 \
        'in a circle of 2 rooms with lib/base/a: lib/base/a needs lib/base/b: it declares b_x'
    source lib/base/a.h 'extern const int b_x;'
    source lib/base/b.c '#include "base/a.h"' '' 'const int b_x = 1;'
    finds circles 'a circle by an object' lib/base/a.h:2 \
        'in a circle of 2 rooms with lib/base/a: lib/base/a needs lib/base/b: it declares b_x'
    source probe/run/a.h 'int b_x(void);'
    source probe/run/a.c 'static int b_x(void);' '#include "a.h"'
    source probe/run/c.h '#include "a.h"'
    source collector/store/b.c 'int b_x(void)' '{' '    return 1;' '}'
    source probe/run/b.c '#include "c.h"' '' 'static int b_x(void)' '{' \
        '    return 1;' '}'
    accepts circles 'one name in both programs, and static ones'

    source lib/base/a_b.c 'int a_x(void)' '{' '    return 1;' '}'
    finds names 'a function of another name' lib/base/a_b.c:2 \
        'a_x does not begin with a_b_'
    source lib/base/a.c 'const int b = 1;'
    finds names 'an object of another name' lib/base/a.c:2 \
        'b does not begin with a_'
    source lib/base/a.h 'static inline int b_x(void)' '{' '    return 1;' '}'
    finds names 'a function in a header of another name' lib/base/a.h:2 \
        'b_x does not begin with a_'
    source lib/base/a.c 'int a(void)' '{' '    return 1;' '}' '' \
        'static const int b = 1;' 'static int c(void)' '{' '    return b;' '}'
    accepts names 'what is static, and the name itself'

    # a function of the lines `$1`
    long() {
        printf '%s\n' "$spdx" 'static int f(void)' '{'
        i=3
        while [ $i -lt "$1" ]; do
            echo '    f();'
            i=$((i + 1))
        done
        echo '}'
    }
    long 61 >"$tree/lib/base/a.c"
    finds long 'a function of 61 lines' lib/base/a.c:2 'f has 61 lines'
    long 60 >"$tree/lib/base/a.c"
    accepts long 'a function of 60 lines'

    # docs NAME LINE...: the last line is at fault
    docs() {
        name=$1
        shift
        source lib/base/a.h "$@"
        finds docs "$name" "lib/base/a.h:$(($# + 1))" 'a_x has no contract'
    }
    docs 'a function without a comment' 'int a_x(void);'
    docs 'a comment with a blank line below' '/* What it does. */' '' 'int a_x(void);'
    docs 'a fourth function below a comment' '/* What it does. */' \
        'int a_1(int a,' '        int b);' 'int a_2(void);' 'int a_3(void);' \
        'int a_x(void);'
    docs 'a comment that names a file' '/* base/b.c: */' 'int a_x(void);'
    docs 'a comment on what is between' '/* A limit. */' '#define A 1' 'int a_x(void);'
    docs 'an object without a comment' 'int b; /* other */' 'extern const int a_x;'

    source lib/base/a.c 'int a_x(void)' '{' '    return 1;' '}'
    finds unused 'a function that nobody uses' lib/base/a.c:2 \
        'function a_x is not used'
    source lib/base/a.c 'const int a_x = 1;' 'static const int *b = &a_x;'
    finds unused 'an object used in its file alone' lib/base/a.c:2 \
        'object a_x is used here alone: static'
    source lib/base/a.h '/* What it does. */' 'int a_x(void);'
    source lib/base/a.c 'int a_x(void)' '{' '    return 1; /* as str_len */' '}'
    source tests/unit/base/test_a.c 'int a = a_x();'
    finds unused 'a function that tests alone use' lib/base/a.c:2 \
        'function a_x is used by tests alone'
    # a function that tests use, and a header of these lines
    tests_alone() {
        source lib/base/a.c 'int a_x(void)' '{' '    return 1;' '}'
        source tests/unit/base/test_a.c 'int a = a_x();'
        source lib/base/a.h 'int a_y(void); /* For tests: another */' "$@"
    }
    tests_alone '/* For tests: what it' ' * does. */' 'int a_x(void);'
    source probe/run/a.c 'int i = a_y();'
    accepts unused 'a function that is for tests'
    tests_alone '/* What it does. */' 'int a_x(void);'
    finds unused 'a function for tests behind another' lib/base/a.c:2 \
        'function a_x is used by tests alone'
    tests_alone '/* For tests: what it does. */' 'int a_x(void);'
    source probe/run/a.c 'int i = a_x();'
    finds unused 'a function for tests that the product uses' lib/base/a.c:2 \
        'function a_x is `For tests:` by its comment, but probe/run/a.c uses it'
    source lib/base/a.h '/* ---- a section ---- */' 'int a_x(void);'
    finds docs 'a section instead of a contract' lib/base/a.h:3 'a_x has no contract'
    source lib/base/a.h '/* What it does. */' 'int a_x(void);'
    finds unused 'a prototype of nothing' lib/base/a.h:3 'a_x is declared, but'
    source lib/base/a.c 'int a_x(void)' '{' '    return 1;' '}'
    source probe/run/a.c 'int i = s->a_x; /* a_x() */' 'const char *t = "a_x";'
    finds unused 'a function named in text alone' lib/base/a.c:2 \
        'function a_x is not used'

    source lib/base/a.c 'int a_x(' '{' 'int a_y(void)' '{' '    return 1;' '}'
    finds parsed 'a function that ctags does not see' lib/base/a.c:3 'ctags sees no'
fi

# what the checks of structure would overlook
source lib/base/a.c '#include <base/str.h>'
finds includes 'a header of ours in angle brackets' lib/base/a.c:2 \
    'a header of ours is included in quotes: <base/str.h>'
source lib/base/a.c '#define STR_H "base/str.h"' '#include STR_H'
finds includes 'an include by a macro' lib/base/a.c:3 'an include that names no'
source lib/base/a.def '#include "wire/url.h"'
finds includes 'a table including what its folder may not' lib/base/a.def:2 \
    'lib/base may not include lib/wire'
source lib/base/a.c 'int f(void)' '{' '    extern int str_max;' \
    '    return str_max;' '}'
finds dialect 'a declaration inside a function' lib/base/a.c:4 \
    'extern in a source'
source lib/base/a.c 'extern char **environ;'
accepts dialect 'the declaration of the environment'
source lib/base/a.c 'typedef struct a a_t;'
finds dialect 'a typedef of a struct' lib/base/a.c:2 'a struct by another name'
source lib/base/a.c 'void f(int a)' '{' '    (void)!write(1, "a", 1);' '}'
finds dialect 'a result ignored by !' lib/base/a.c:4 'the result of write'
source lib/base/a.c 'void f(int a)' '{' '    (void)(*s->x[1])(1);' '}'
finds dialect 'the result of a pointer ignored' lib/base/a.c:4 'the result of s->x[1]'
source lib/base/a.c '#if 0' 'int a;' '#endif'
finds dialect 'code that nobody compiles' lib/base/a.c:2 'code that nobody'

rm "$tree/lib/wire/README.md"
finds readme 'a folder that says nothing' lib/wire/README.md:1 'is missing'
: >"$tree/docs/README.md"
finds readme 'a folder that says nothing in a file' docs/README.md:1 'is missing'

# paths NAME WORD LINE: the document's line 2 names WORD, which is not there
paths() {
    put docs/page.md 'one' "$3"
    finds paths "$1" docs/page.md:2 "there is no $2"
}
paths 'a source that is gone' lib/base/gone.c 'See lib/base/gone.c.'
paths 'a folder that is gone' lib/gone/ 'See `lib/gone/`.'
paths 'a room that is gone' lib/base/gone 'See `lib/base/gone`.'
paths 'a header that is gone' base/gone.h 'It includes `base/gone.h`.'
paths 'a source of no folder' str.c 'It stands in `str.c`.'
paths 'sources that are gone' 'lib/base/gone*.c' 'All of `lib/base/gone*.c`.'
paths 'sources of a kind that is gone' lib/base/a_NAME.c 'Add lib/base/a_NAME.c.'
paths 'a document that is gone' docs/gone.md '    less docs/gone.md'
put lib/base/README.md 'In `str.c` and `base/str.h`; `lib/base/str` is a room.' \
    'All of lib/base/*.h, `wire/url.h`; lib/net or lib/gone; `NAME.c`, X.h, lib/base/NAME.c.' \
    'Not `lib.gone`, /lib/gone.c, `out/report.html`, build/lib/gone.c, `a/b`.'
accepts paths 'what is there, and what is no path'
source lib/base/a.c 'int a; /* see' ' * gone.h */'
finds paths 'a comment on a source that is gone' lib/base/a.c:3 'there is no gone.h'
source lib/base/a.c 'int a; // see str.h, base/str.c, lib/wire/url.h.' \
    'char b[] = "/* gone.c */"; /* as www.gone.com */'
accepts paths 'a comment on what is there'

put lib/base/a.c 'int a;'
finds licence 'a source without a licence' lib/base/a.c:1 'no SPDX line'
put tests/x.sh '#!/bin/sh' 'true'
finds licence 'a script without a licence' tests/x.sh:1 'no SPDX line'

put lib/record/failure.def 'FAILURE(FAILURE_EOF, "eof_error", CUT)'
source lib/base/a.c 'int a = sizeof("eof_error");'
finds failures 'a failure by its string' lib/base/a.c:2 'a failure by its string'
put lib/record/failure.def 'FAILURE(FAILURE_EOF, "eof_error", CUT)'
source lib/base/a.def 'A("eof_error")'
finds failures 'a failure by its string in a table' lib/base/a.def:2 \
    'a failure by its string'

for word in TODO FIXME XXX; do
    put docs/page.md 'one' "a $word here"
    finds words "the word $word" docs/page.md:2 'something left undone'
done
for call in getaddrinfo gethostbyname gethostbyname_r; do
    source lib/base/a.c "int a = $call(0);"
    finds words "a call of $call" lib/base/a.c:2 'the system resolver'
done
for call in strcpy strcat sprintf vsprintf gets atoi localtime localtime_r \
    system; do
    source probe/a.c "int a = $call(0);"
    finds words "a call of $call" probe/a.c:2 'a banned function'
done

for call in stat lstat fstat fstatat opendir readdir; do
    source probe/a.c "int a = $call(0);"
    finds words "a call of $call" probe/a.c:2 'files are looked at by'
done

for path in /Users/joe/x /root/.x /home/joe/x; do
    put docs/page.md 'one' "see $path"
    finds places "the path $path" docs/page.md:2 'a path of one machine'
done

echo "1..$n"
[ "$bad" = 0 ]
