// SPDX-License-Identifier: Apache-2.0
#include "base/sketch.h"
#include "base/ascii.h"
#include "base/hex.h"
#include <string.h>

/* Words of markup, in the order of their bytes. Two pages have these in common
 * whosever they are. */
static const char *const general[] = {
    "amp",     "article",    "async",        "auto",       "background",
    "block",   "body",       "border",       "bottom",     "br",
    "button",  "center",     "charset",      "class",      "color",
    "content", "css",        "description",  "device",     "display",
    "div",     "doctype",    "dtd",          "en",         "equiv",
    "family",  "font",       "footer",       "form",       "gt",
    "head",    "header",     "height",       "hidden",     "hr",
    "href",    "html",       "http",         "https",      "icon",
    "id",      "iframe",     "image",        "img",        "initial",
    "input",   "javascript", "js",           "lang",       "left",
    "li",      "link",       "lt",           "main",       "margin",
    "meta",    "name",       "nav",          "nbsp",       "none",
    "org",     "padding",    "png",          "public",     "px",
    "quot",    "rel",        "right",        "scale",      "script",
    "section", "shortcut",   "size",         "span",       "src",
    "strict",  "strong",     "style",        "stylesheet", "table",
    "target",  "tbody",      "td",           "text",       "title",
    "top",     "tr",         "transitional", "type",       "ul",
    "utf",     "value",      "viewport",     "width",      "www",
    "xhtml",   "xml",        "xmlns",
};

#define WORDS   3 /* that make one number */
#define LONGEST 12

/* ---- words --------------------------------------------------------------- */

/* Part of a word: a letter, or any byte of one that is not ASCII's. */
static bool is_letter(char c)
{
    return (unsigned char)c >= 0x80 || (ascii_isalnum(c) && !ascii_isdigit(c));
}

static int order(struct str word, const char *other)
{
    size_t i = 0;
    while (i < word.len && other[i] && ascii_lower(word.p[i]) == other[i]) {
        i++;
    }
    int mine = i < word.len ? (unsigned char)ascii_lower(word.p[i]) : 0;
    return mine - (unsigned char)other[i];
}

static bool is_general(struct str word)
{
    size_t low = 0, high = sizeof(general) / sizeof(*general);
    if (word.len > LONGEST + 2) {
        return false;
    }
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int o = order(word, general[mid]);
        if (o == 0) {
            return true;
        }
        low = o > 0 ? mid + 1 : low;
        high = o > 0 ? high : mid;
    }
    return false;
}

/* The next word at or after `*at`; false: there is none. */
static bool next_word(struct str page, size_t *at, struct str *word)
{
    size_t i = *at;
    do {
        while (i < page.len && !is_letter(page.p[i])) {
            i++;
        }
        size_t begin = i;
        while (i < page.len && is_letter(page.p[i])) {
            i++;
        }
        *word = str_sub(page, begin, i - begin);
    } while (word->len > 0 &&
             ((word->len == 1 && (unsigned char)*word->p < 0x80) ||
              is_general(*word)));
    *at = i;
    return word->len > 0;
}

/* ---- numbers ------------------------------------------------------------- */

/* FNV-1a, of small letters. */
static uint64_t number_of(struct str word)
{
    uint64_t h = 0xcbf29ce484222325;
    for (size_t i = 0; i < word.len; i++) {
        h = (h ^ (unsigned char)ascii_lower(word.p[i])) * 0x100000001b3;
    }
    return h;
}

/* The end of MurmurHash3: every bit of `h` bears on every bit of the result. */
static uint64_t stir(uint64_t h)
{
    h = (h ^ (h >> 33)) * 0xff51afd7ed558ccd;
    h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53;
    return h ^ (h >> 33);
}

static void take(struct sketch *s, uint32_t number)
{
    size_t at = s->n;
    while (at > 0 && s->of[at - 1] >= number) {
        at--;
    }
    if (at == SKETCH_MAX || (at < s->n && s->of[at] == number)) {
        return;
    }
    size_t kept = s->n < SKETCH_MAX ? s->n : SKETCH_MAX - 1;
    memmove(&s->of[at + 1], &s->of[at], (kept - at) * sizeof(*s->of));
    s->of[at] = number;
    s->n = kept + 1;
}

void sketch_make(struct str page, struct sketch *out)
{
    uint64_t last[WORDS] = {0};
    struct str word;
    size_t at = 0, n = 0;
    out->n = 0;
    while (next_word(page, &at, &word)) {
        last[0] = last[1];
        last[1] = last[2];
        last[2] = number_of(word);
        if (++n >= WORDS) {
            uint64_t all = stir(stir(stir(last[0]) + last[1]) + last[2]);
            take(out, (uint32_t)(all >> 32));
        }
    }
}

/* ---- as text ------------------------------------------------------------- */

void sketch_text(const struct sketch *s, char out[SKETCH_TEXT])
{
    out[0] = '\0';
    for (size_t i = 0; i < s->n; i++) {
        uint32_t v = s->of[i];
        const uint8_t bytes[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16),
                                  (uint8_t)(v >> 8), (uint8_t)v};
        hex_encode(bytes, sizeof(bytes), out + 8 * i);
    }
}

bool sketch_parse(struct str text, struct sketch *out)
{
    uint8_t bytes[4 * SKETCH_MAX];
    char again[SKETCH_TEXT];
    out->n = 0;
    if (text.len % 8 != 0 || text.len >= SKETCH_TEXT ||
        hex_decode(text, bytes, text.len / 2) != ERR_OK) {
        return false;
    }
    for (size_t i = 0; i < text.len / 8; i++) {
        const uint8_t *b = bytes + 4 * i;
        uint32_t v = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
                     (uint32_t)b[2] << 8 | b[3];
        take(out, v);
    }
    sketch_text(out,
                again); /* another order, or a number twice, is no sketch */
    return str_eq_c(text, again);
}

/* ---- comparison ---------------------------------------------------------- */

void sketch_compare(const struct sketch *a, const struct sketch *b,
                    size_t *common, size_t *all)
{
    size_t i = 0, k = 0;
    *common = *all = 0;
    while (*all < SKETCH_MAX && (i < a->n || k < b->n)) {
        bool mine = k == b->n || (i < a->n && a->of[i] <= b->of[k]);
        bool theirs = i == a->n || (k < b->n && b->of[k] <= a->of[i]);
        *common += mine && theirs;
        ++*all;
        i += mine;
        k += theirs;
    }
}
