#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lint_test.sh: plants each kind of fault in a small tree and expects lint.sh to
# name its file and line, and nothing in the tree without faults.  TAP.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d) || exit 1
trap 'rm -rf "$tree"' EXIT
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
    mkdir -p "$(dirname "$target")"
    printf '%s\n' "$@" >"$target"
}

clean_tree() {
    rm -rf "$tree"
    mkdir -p "$tree"
    cp "$here/../../.clang-format" "$tree/"
    put lib/base/str.h "$spdx" 'int str_len(const char *s);'
    put lib/base/str.c "$spdx" '#include "base/str.h"' '' \
        '#include <string.h>' '' \
        '/* if (x)' ' * a comment is no code;' ' */' \
        'int str_len(const char *s)' '{' \
        '    if (!s)' '        return 0; /* one line needs no braces */' \
        '    for (; *s; s++) {' '        if (*s == '"'('"')' \
        '            continue;' '        else if (*s == '"'\"'"')' \
        '            break;' '        else' '            continue;' '    }' \
        '    do {' '        s++;' '    } while (*s);' \
        '    while (s && *s && (s[0] != s[1] || s[1] != s[2]) && s[2] != s[3] &&' \
        '           s[3] != s[4])' '        s++;' \
        '    return (int)strlen("getaddrinfo");' '}'
    put lib/wire/url.h "$spdx" '#include "base/str.h"'
    put lib/net/fetch.c "$spdx" '#include <curl/curl.h>'
    put lib/base/loop.c "$spdx" '#include <event2/event.h>'
    put collector/store/store.h "$spdx" 'int store_get(int s);'
    put collector/store/view.c "$spdx" '#include "collector/store/store.h"' '' \
        'int view_get(int s)' '{' '    return store_get(s);' '}'
    put probe/main.c "$spdx" '#include "engine/engine.h"'
    put tests/lab/web.c "$spdx" '#include <openssl/ssl.h>'
    put tests/run.sh '#!/bin/sh' '# SPDX-License-Identifier: Apache-2.0'
    put Makefile '# SPDX-License-Identifier: Apache-2.0'
    put docs/page.md 'Install with apt; the file is /etc/parallax/config.'
}

# finds NAME FILE:LINE REASON: what lint.sh says of the tree holds this.
finds() {
    said=$(sh "$here/lint.sh" "$tree" 2>&1)
    rc=$?
    printf '%s\n' "$said" | grep -qF "$2: $3"
    found=$?
    [ "$rc" = 1 ] || found=1
    result "$found" "lint finds $1"
    [ "$found" = 0 ] || printf '%s\n' "$said" | sed 's/^/# /'
    clean_tree
}

clean_tree
said=$(sh "$here/lint.sh" "$tree" 2>&1)
result $? 'lint finds nothing in a tree without faults'
[ "$bad" = 0 ] || printf '%s\n' "$said" | sed 's/^/# /'
totals='^[0-9]+ passed, 0 failed, [0-9]+ skipped$'
printf '%s\n' "$said" | tail -n 1 | grep -qE "$totals"
result $? 'lint ends with its totals'

if command -v clang-format >/dev/null 2>&1; then
    put lib/base/a.c "$spdx" 'int a;' 'int   b;'
    finds 'bad format' lib/base/a.c:3 'not as clang-format'
else
    echo "ok $((n += 1)) - lint finds bad format # SKIP no clang-format"
fi

# layers: file, include
while read -r file include; do
    put "$file" "$spdx" "#include \"$include\""
    finds "$file including $include" "$file:2" \
        "$(echo "$file" | sed 's|^lib/||; s|/.*||') may not include"
done <<'LIST'
lib/base/a.h wire/url.h
lib/wire/a.c record/uid.h
lib/record/a.c engine/engine.h
lib/record/b.c verdict/verdict.h
lib/engine/a.c verdict/verdict.h
lib/verdict/a.c engine/engine.h
lib/verdict/b.c probe/main.h
probe/a.c collector/store/store.h
collector/a.c probe/main.h
LIST
put probe/a.c "$spdx" '#include "store.h"'
finds 'a probe including a header of the collector' probe/a.c:2 'store.h is not'
put probe/a.c "$spdx" '#include "../collector/store/store.h"'
finds 'a relative include' probe/a.c:2 'an include by relative path'

# fences: a header that is not for lib/wire/a.c
while read -r header; do
    put lib/wire/a.c "$spdx" "#include <$header>"
    finds "<$header> outside its file" lib/wire/a.c:2 "<$header> is fenced"
done <<'LIST'
curl/curl.h
ares.h
pcap.h
pcap/pcap.h
openssl/ssl.h
cjson/cJSON.h
sodium.h
event2/event.h
microhttpd.h
sqlite3.h
maxminddb.h
zstd.h
zlib.h
idn2.h
libpsl.h
libnetfilter_queue/libnetfilter_queue.h
LIST
put lib/base/loop.c "$spdx" '#include <event2/http.h>'
finds 'an extra of libevent' lib/base/loop.c:2 '<event2/http.h> is fenced'

for call in store_get store_scan store_stats; do
    put collector/report.c "$spdx" 'int f(int s)' '{' "    return $call(s);" '}'
    finds "$call outside the gate" collector/report.c:4 'reads the store past'
done

# bodies: the last argument of put is the end of a function
body() {
    name=$1
    line=$2
    shift 2
    put lib/base/a.c "$spdx" 'void f(int a)' '{' "$@" '}'
    finds "$name" "lib/base/a.c:$line" 'a body of more than one line'
}
body 'an if with two lines' 4 '    if (a)' '        f(a +' '          1);'
body 'an else with two lines' 6 '    if (a)' '        f(1);' '    else' \
    '        f(a +' '          1);'
body 'a for around an if' 4 '    for (;;)' '        if (a)' '            f(1);'
body 'a while with two lines' 4 '    while (a)' '        f(a +' '          1);'
body 'an else if around braces' 6 '    if (a)' '        f(1);' \
    '    else if (a > 1)' '        for (;;) {' '        }'
body 'a condition of two lines' 4 '    if (a &&' '        a > 1)' \
    '        f(a +' '          1);'

put lib/base/a.c 'int a;'
finds 'a source without a licence' lib/base/a.c:1 'no SPDX line'
put tests/x.sh '#!/bin/sh' 'true'
finds 'a script without a licence' tests/x.sh:1 'no SPDX line'

for word in TODO FIXME XXX; do
    put docs/page.md 'one' "a $word here"
    finds "the word $word" docs/page.md:2 'something left undone'
done
for call in getaddrinfo gethostbyname gethostbyname_r; do
    put lib/base/a.c "$spdx" "int a = $call(0);"
    finds "a call of $call" lib/base/a.c:2 'the system resolver'
done
for call in strcpy strcat sprintf vsprintf gets atoi localtime localtime_r \
    system; do
    put probe/a.c "$spdx" "int a = $call(0);"
    finds "a call of $call" probe/a.c:2 'a banned function'
done

for path in /Users/joe/x /root/.x /home/joe/x; do
    put docs/page.md 'one' "see $path"
    finds "the path $path" docs/page.md:2 'a path of one machine'
done

echo "1..$n"
[ "$bad" = 0 ]
