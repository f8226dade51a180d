// SPDX-License-Identifier: Apache-2.0
#include "record/scrub_words.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/hex.h"
#include "base/old_hash.h"
#include "record/scrub_forms.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX   65536
#define TEXT_MAX    ((size_t)8 << 20)
#define FILTER_BITS 17
#define FIRST       4  /* bytes that the filter looks at */
#define SHORTEST    6  /* what is shorter stands in texts by chance */
#define LONG        12 /* of a hardware address, or more */

enum kind {
    PLAIN,  /* letters of any case */
    BASE64, /* exactly, in either alphabet */
    BASE32, /* letters of any case */
};

struct word {
    uint32_t text, next; /* next: of the same first bytes, plus one */
    uint16_t len;
    uint8_t kind, edge;
    int8_t name;
    bool before, after; /* the character there holds bits of the word */
};

#define CHAINS 4096

struct scrub_words {
    struct buf text;
    struct word *word;
    size_t n, cap;
    uint32_t chain[CHAINS]; /* the first word, plus one */
    uint8_t filter[(size_t)1 << (FILTER_BITS - 3)];
};

/* ---- the filter ---------------------------------------------------------- */

/* Capitals, and the two marks of the other alphabet of base64, count as what
 * they stand for; what else falls together does not matter. */
static uint32_t folded(char c)
{
    return c == '-' ? '+' : c == '_' ? '/' : (uint8_t)c | 0x20u;
}

static uint32_t hash(uint32_t rolled)
{
    return (rolled * UINT32_C(2654435761)) >> (32 - FILTER_BITS);
}

static uint32_t rolled_at(const char *p)
{
    uint32_t rolled = 0;

    for (size_t i = 0; i < FIRST; i++) {
        rolled = rolled << 8 | folded(p[i]);
    }
    return rolled;
}

size_t scrub_words_next(const struct scrub_words *w, struct str t, size_t pos)
{
    if (t.len < FIRST || pos > t.len - FIRST) {
        return t.len;
    }
    uint32_t rolled = rolled_at(t.p + pos);
    for (size_t ahead = pos + FIRST;; ahead++) {
        uint32_t h = hash(rolled);

        if (w->filter[h / 8] >> (h % 8) & 1) {
            return ahead - FIRST;
        }
        if (ahead == t.len) {
            return t.len;
        }
        rolled = rolled << 8 | folded(t.p[ahead]);
    }
}

/* ---- writing them down --------------------------------------------------- */

static enum err add(struct scrub_words *w, struct str text,
                    const struct word *like)
{
    if (text.len < SHORTEST) {
        return ERR_OK;
    }
    if (w->n == WORDS_MAX) {
        return ERR_LIMIT;
    }
    if (w->n == w->cap) {
        size_t cap = w->cap ? 2 * w->cap : 1024;
        struct word *more = realloc(w->word, cap * sizeof(*more));
        if (!more) {
            return ERR_NOMEM;
        }
        w->word = more;
        w->cap = cap;
    }
    uint32_t h = hash(rolled_at(text.p));
    struct word *new = &w->word[w->n++];
    *new = *like;
    new->text = (uint32_t)w->text.len;
    new->len = (uint16_t)text.len;
    new->next = w->chain[h % CHAINS];
    w->chain[h % CHAINS] = (uint32_t)w->n;
    w->filter[h / 8] |= (uint8_t)(1u << h % 8);
    return buf_add_str(&w->text, text);
}

/* The text in digits of `bits` bits, with `lead` other bytes before it: the
 * characters that only the text determines. */
static enum err add_digits(struct scrub_words *w, struct str text, size_t bits,
                           const char *alphabet, size_t lead,
                           const struct word *like)
{
    size_t end = 8 * (lead + text.len);
    char out[2 * SCRUB_FORM_MAX];
    struct word new = *like;
    size_t n = 0;

    new.before = 8 * lead % bits != 0;
    new.after = end % bits != 0;
    for (size_t at = (8 * lead + bits - 1) / bits * bits; at + bits <= end;
         at += bits) {
        unsigned v = 0;

        for (size_t b = at - 8 * lead; b < at - 8 * lead + bits; b++) {
            v = v << 1 | ((uint8_t)text.p[b / 8] >> (7 - b % 8) & 1u);
        }
        out[n++] = alphabet[v];
    }
    return add(w, (struct str){out, n}, &new);
}

static const char digits64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char digits32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static enum err add_encoded(struct scrub_words *w, struct str text,
                            const struct word *like)
{
    struct word as64 = {.kind = BASE64, .name = like->name};
    struct word as32 = {.kind = BASE32, .name = like->name};
    struct word hex = {.kind = PLAIN, .name = like->name};
    char out[2 * SCRUB_FORM_MAX + 1];
    enum err e = ERR_OK;

    for (size_t lead = 0; lead < 3 && !e; lead++) {
        e = add_digits(w, text, 6, digits64, lead, &as64);
    }
    for (size_t lead = 0; lead < 5 && !e; lead++) {
        e = add_digits(w, text, 5, digits32, lead, &as32);
    }
    hex_encode((const uint8_t *)text.p, text.len, out);
    return e ? e : add(w, str_c(out), &hex);
}

/* A hash in hexadecimal and in base64, without the padding of the latter. */
static enum err add_hash(struct scrub_words *w, const uint8_t *h, size_t len,
                         const struct word *like)
{
    struct word as64 = {.kind = BASE64, .name = like->name};
    struct word hex = {.kind = PLAIN, .name = like->name};
    char out[2 * SHA256_LEN + 1];
    struct buf b;

    hex_encode(h, len, out);
    buf_init(&b, 256);
    enum err e = base64_add(&b, (struct str){(const char *)h, len});
    if (!e) {
        struct str text = buf_str(&b);
        e = add(w, str_sub(text, 0, str_find_char(text, '=')), &as64);
    }
    buf_fini(&b);
    return e ? e : add(w, str_c(out), &hex);
}

static enum err add_hashes(struct scrub_words *w, struct str text,
                           const struct word *like)
{
    uint8_t md5[OLD_HASH_MD5_LEN], sha1[OLD_HASH_SHA1_LEN];
    uint8_t sha256[SHA256_LEN];

    old_hash_md5(text, md5);
    old_hash_sha1(text, sha1);
    crypto_sha256(text, sha256);
    enum err e = add_hash(w, md5, sizeof(md5), like);
    e = e ? e : add_hash(w, sha1, sizeof(sha1), like);
    return e ? e : add_hash(w, sha256, sizeof(sha256), like);
}

static enum err add_form(void *arg, const struct scrub_form *f)
{
    struct scrub_words *w = arg;
    struct word like = {
        .kind = PLAIN, .edge = (uint8_t)f->edge, .name = (int8_t)f->name};
    struct str text = str_c(f->text);
    enum err e = ERR_OK;

    if (f->edge != SCRUB_FORM_VALUE) {
        e = add(w, text, &like);
    }
    e = e ? e : add_encoded(w, text, &like);
    return e ? e : add_hashes(w, text, &like);
}

enum err scrub_words_new(const struct scrub *s, struct scrub_words **out)
{
    struct scrub_words *w = calloc(1, sizeof(*w));
    if (!w) {
        return ERR_NOMEM;
    }
    buf_init(&w->text, TEXT_MAX);
    enum err e = scrub_forms_each(s, add_form, w);
    if (e) {
        scrub_words_free(w);
        return e;
    }
    *out = w;
    return ERR_OK;
}

void scrub_words_free(struct scrub_words *w)
{
    if (w) {
        buf_fini(&w->text);
        free(w->word);
        free(w);
    }
}

/* ---- finding them -------------------------------------------------------- */

static char char_at(struct str t, size_t pos)
{
    return pos < t.len ? t.p[pos] : '\0';
}

static char char_before(struct str t, size_t pos)
{
    return pos > 0 ? t.p[pos - 1] : ' ';
}

static bool is_same(const struct word *word, const char *own, const char *p)
{
    for (size_t i = 0; i < word->len; i++) {
        bool same = word->kind == BASE64
                        ? own[i] == (p[i] == '-'   ? '+'
                                     : p[i] == '_' ? '/'
                                                   : p[i])
                        : ascii_lower(own[i]) == ascii_lower(p[i]);
        if (!same) {
            return false;
        }
    }
    return true;
}

/* A name is a whole word. A number is told from a longer one by its digits
 * alone, since letters stand around it in names of lines
 * ("p5d2d0c4d.dip.example"); a decimal one is no part of a fraction. What is
 * long and not decimal is nowhere by chance. */
static bool stands_alone(struct str t, size_t pos, const struct word *word)
{
    size_t end = pos + word->len;
    char before = char_before(t, pos), after = char_at(t, end);

    if (word->kind != PLAIN || word->edge == SCRUB_FORM_VALUE) {
        return true; /* encoded: whatever is around it */
    }
    if (word->name >= 0) {
        return !ascii_isalnum(before) && !ascii_isalnum(after);
    }
    if (word->edge != SCRUB_FORM_NUMBER && word->len >= LONG) {
        return true;
    }
    if (word->edge == SCRUB_FORM_NUMBER &&
        ((before == '.' && pos >= 2 && ascii_isdigit(t.p[pos - 2])) ||
         (after == '.' && ascii_isdigit(char_at(t, end + 1))))) {
        return false;
    }
    return !ascii_isdigit(before) && !ascii_isdigit(after) &&
           (word->edge == SCRUB_FORM_NUMBER || hex_digit(after) < 0);
}

static bool is_digit_of(char c, uint8_t kind)
{
    return ascii_isalnum(c) ||
           (kind == BASE64 && (c == '+' || c == '/' || c == '-' || c == '_'));
}

size_t scrub_words_match(const struct scrub_words *w, struct str t, size_t pos,
                         uint32_t spare, size_t *from)
{
    if (t.len - pos < FIRST) {
        return 0;
    }
    uint32_t h = hash(rolled_at(t.p + pos));
    for (uint32_t at = w->chain[h % CHAINS]; at; at = w->word[at - 1].next) {
        const struct word *word = &w->word[at - 1];
        size_t end = pos + word->len;

        if (end > t.len ||
            !is_same(word, (const char *)w->text.p + word->text, t.p + pos) ||
            !stands_alone(t, pos, word) ||
            (word->name >= 0 && spare >> word->name & 1)) {
            continue;
        }
        *from = pos - (word->before && pos > 0 &&
                       is_digit_of(t.p[pos - 1], word->kind));
        return end + (word->after && is_digit_of(char_at(t, end), word->kind));
    }
    return 0;
}
