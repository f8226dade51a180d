// SPDX-License-Identifier: Apache-2.0
#include "verdict/pagediff_title.h"
#include "base/ascii.h"
#include "base/utf8.h"
#include "base/utf8_lower.h"
#include <stdlib.h>
#include <string.h>

#define TITLE_MAX_CHARS 512
#define WORD_MIN_BYTES  5
/* Of our own reading. */
#define LONG_WORD    4
#define CONTROL_READ 4096
/* A word of the shortest kind and a space, over and over. */
#define WORDS_MAX (TITLE_MAX_CHARS * 4 / (WORD_MIN_BYTES + 1) + 1)

/* ---- in a page ----------------------------------------------------------- */

/* A byte that belongs to no UTF-8 sequence counts as one character. */
static size_t char_len(const char *p, size_t left)
{
    size_t n = utf8_len(p, left);
    return n ? n : 1;
}

static const char *find_title_tag(const char *p, const char *end)
{
    while ((p = memchr(p, '<', (size_t)(end - p)))) {
        struct str rest = {p, (size_t)(end - p)};
        if (str_ieq(str_sub(rest, 0, 7), STR("<title>"))) {
            return p + 7;
        }
        p++;
    }
    return NULL;
}

struct str pagediff_title(struct str body)
{
    if (body.len == 0) {
        return (struct str){NULL, 0};
    }
    const char *end = body.p + body.len;
    const char *p = body.p;
    while ((p = find_title_tag(p, end))) {
        const char *q = p;
        size_t chars = 0;
        while (q < end && *q != '<' && chars <= TITLE_MAX_CHARS) {
            q += char_len(q, (size_t)(end - q));
            chars++;
        }
        struct str rest = {q, (size_t)(end - q)};
        if (chars > 0 && chars <= TITLE_MAX_CHARS &&
            str_ieq(str_sub(rest, 0, 8), STR("</title>"))) {
            return (struct str){p, (size_t)(q - p)};
        }
    }
    return (struct str){NULL, 0};
}

/* ---- compared ------------------------------------------------------------ */

static int by_lower(const void *x, const void *y)
{
    struct str a = *(const struct str *)x, b = *(const struct str *)y;
    while (a.len > 0 && b.len > 0) {
        uint32_t c = utf8_lower(utf8_next(&a));
        uint32_t d = utf8_lower(utf8_next(&b));
        if (c != d) {
            return c < d ? -1 : 1;
        }
    }
    return (a.len > 0) - (b.len > 0);
}

/* Words of one spelling stand side by side in `words`. */
static void mark(const struct str *words, bool *seen, size_t n, size_t at)
{
    for (size_t i = at; i < n && by_lower(&words[i], &words[at]) == 0; i++) {
        seen[i] = true;
    }
    for (size_t i = at; i > 0 && by_lower(&words[i - 1], &words[at]) == 0;) {
        seen[--i] = true;
    }
}

/* The order of words means little across languages; short ones nothing. */
bool pagediff_title_match(struct str mine, struct str control)
{
    struct str words[WORDS_MAX] = {{NULL, 0}}, word;
    bool seen[WORDS_MAX] = {false};
    size_t n = 0;
    while (n < WORDS_MAX && str_next(&mine, ' ', &word)) {
        if (word.len >= WORD_MIN_BYTES) {
            words[n++] = word;
        }
    }
    qsort(words, n, sizeof(*words), by_lower);
    while (str_next(&control, ' ', &word)) {
        if (word.len < WORD_MIN_BYTES) {
            continue;
        }
        const struct str *hit =
            bsearch(&word, words, n, sizeof(*words), by_lower);
        if (!hit) {
            return false;
        }
        if (!seen[hit - words]) {
            mark(words, seen, n, (size_t)(hit - words));
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (!seen[i]) {
            return false;
        }
    }
    return true;
}

/* ---- our own reading ----------------------------------------------------- */

/* The next character, a run of spaces being one; 0 at the end. */
static uint32_t next_folded(struct str *s)
{
    if (s->len == 0) {
        return 0;
    }
    if (ascii_isspace(*s->p)) {
        *s = str_trim(*s);
        return ' ';
    }
    return utf8_lower(utf8_next(s));
}

static bool has_long_word(struct str title)
{
    struct str word;
    while (str_next(&title, ' ', &word)) {
        if (word.len >= WORD_MIN_BYTES) {
            return true;
        }
    }
    return false;
}

static bool same_text(struct str a, struct str b)
{
    while (a.len > 0 && b.len > 0) {
        if (next_folded(&a) != next_folded(&b)) {
            return false;
        }
    }
    return a.len == 0 && b.len == 0;
}

bool pagediff_title_same(struct str mine, struct str control)
{
    return same_text(str_trim(mine), str_trim(control)) ||
           (has_long_word(mine) && pagediff_title_match(mine, control));
}

static bool is_letter(char c)
{
    return (unsigned char)c >= 0x80 || (ascii_isalnum(c) && !ascii_isdigit(c));
}

/* The next long word, taken off `rest`; empty: there is none. */
static struct str next_long(struct str *rest)
{
    struct str word = {NULL, 0};
    while (rest->len > 0 && word.len < LONG_WORD) {
        size_t begin = 0;
        while (begin < rest->len && !is_letter(rest->p[begin])) {
            begin++;
        }
        size_t end = begin;
        while (end < rest->len && is_letter(rest->p[end])) {
            end++;
        }
        word = str_sub(*rest, begin, end - begin);
        *rest = str_sub(*rest, end, rest->len);
    }
    return word.len < LONG_WORD ? (struct str){NULL, 0} : word;
}

bool pagediff_title_apart(struct str mine, struct str control)
{
    struct str word = next_long(&mine), other = {NULL, 0};
    control = str_sub(control, 0, CONTROL_READ);
    bool both = word.len > 0;
    for (; word.len > 0; word = next_long(&mine)) {
        struct str rest = control;
        other = next_long(&rest);
        both = both && other.len > 0;
        for (; other.len > 0; other = next_long(&rest)) {
            if (str_ieq(word, other)) {
                return false;
            }
        }
    }
    return both;
}

/* Elements whose content is no markup. */
static const char *const raw[] = {"script", "style", "textarea", "template",
                                  "xmp"};

/* What `rest` begins with: where its content ends, {NULL, 0} for a tag. */
static struct str raw_end(struct str rest)
{
    if (str_starts(rest, "<!--")) {
        return STR("-->");
    }
    for (size_t i = 0; i < sizeof(raw) / sizeof(*raw); i++) {
        struct str name = str_c(raw[i]);
        if (str_ieq(str_sub(rest, 1, name.len), name)) {
            return name;
        }
    }
    return (struct str){NULL, 0};
}

/* Does what began as `until` says end here? */
static bool ends_here(struct str rest, struct str until)
{
    if (*until.p == '-') {
        return str_starts(rest, until.p);
    }
    return str_starts(rest, "</") &&
           str_ieq(str_sub(rest, 2, until.len), until);
}

bool pagediff_title_shown(struct str body, struct str title)
{
    struct str until = {NULL, 0};
    for (size_t i = 0; i < body.len && body.p + i < title.p; i++) {
        struct str rest = str_sub(body, i, body.len);
        if (until.p) {
            until = ends_here(rest, until) ? (struct str){NULL, 0} : until;
        } else if (*rest.p == '<') {
            until = raw_end(rest);
        }
    }
    return !until.p;
}
