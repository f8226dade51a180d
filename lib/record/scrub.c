// SPDX-License-Identifier: Apache-2.0
/* A text is read three times at most: as it is, with escaped marks undone, and
 * with all escapes undone. What is found in either is replaced in the text
 * itself.
 */
#include "record/scrub.h"

#include "base/buf.h"
#include "record/scrub_addr.h"
#include "record/scrub_view.h"
#include "record/scrub_words.h"

#include <stdlib.h>
#include <string.h>

/* What was cut out may leave an address where a longer number stood. A text
 * that is made of nothing else goes as a whole. */
#define PASSES_MAX 16

struct span {
    size_t from, to;
};

struct spans {
    struct span *item;
    size_t n, cap;
};

/* Is there anything that could be written as a word? */
static bool has_words(const struct scrub *s)
{
    return s->n_own > 0 || s->n_macs > 0 || s->n_names > 0;
}

enum err scrub_prepare(struct scrub *s)
{
    struct scrub_words *words = NULL;
    enum err e = has_words(s) ? scrub_words_new(s, &words) : ERR_OK;

    if (e) {
        return e;
    }
    memset(s->octets, 0, sizeof(s->octets));
    for (size_t i = 0; i < s->n_own; i++) {
        struct ip own = ip_essence(&s->own[i]);
        if (own.family == 4) {
            s->octets[own.b[0] / 8] |= (uint8_t)(1u << own.b[0] % 8);
            s->octets[own.b[3] / 8] |= (uint8_t)(1u << own.b[3] % 8);
        }
    }
    s->words = words;
    s->prepared = true;
    return ERR_OK;
}

void scrub_fini(struct scrub *s)
{
    scrub_words_free(s->words);
    s->words = NULL;
    s->prepared = false;
}

/* ---- looking ------------------------------------------------------------- */

static enum err add_span(struct spans *all, const struct scrub_view *v,
                         size_t from, size_t to)
{
    if (all->n == all->cap) {
        size_t cap = all->cap ? 2 * all->cap : 16;
        struct span *more = realloc(all->item, cap * sizeof(*more));
        if (!more) {
            return ERR_NOMEM;
        }
        all->item = more;
        all->cap = cap;
    }
    scrub_view_source(v, &from, &to);
    all->item[all->n++] = (struct span){from, to};
    return ERR_OK;
}

/* Both looks run ahead to where something may begin, which is seldom. */
static enum err look(const struct scrub *s, const struct scrub_view *v,
                     struct spans *all)
{
    struct str t = v->text;
    size_t addr = 0, word = s->words ? 0 : t.len;
    enum err e = ERR_OK;

    for (size_t i = 0; i < t.len && !e;) {
        size_t from, end = 0;

        addr = addr < i || i == 0 ? scrub_addr_next(s, t, i) : addr;
        if (s->words && (word < i || i == 0)) {
            word = scrub_words_next(s->words, t, i);
        }
        i = from = addr < word ? addr : word;
        if (i == t.len) {
            break;
        }
        if (i == addr) {
            end = scrub_addr_match(s, t, i, NULL);
        }
        if (!end && i == word) {
            end = scrub_words_match(s->words, t, i, s->names_asked, &from);
        }
        if (end) {
            e = add_span(all, v, from, end);
        }
        i = end ? end : i + 1;
    }
    return e;
}

/* As `kind` says; *letters: some escape stood for a letter or a digit. */
static enum err look_behind(const struct scrub *s, struct str text,
                            enum scrub_view_kind kind, bool *letters,
                            struct spans *all)
{
    struct scrub_view v;
    bool changed = false;
    enum err e = scrub_view_init(&v, text, kind, &changed);

    if (!e && changed) {
        e = look(s, &v, all);
    }
    if (!e) {
        *letters = v.letters;
        scrub_view_fini(&v);
    }
    return e;
}

static enum err find(const struct scrub *s, struct str text, struct spans *all)
{
    struct scrub_view plain;
    bool letters = false, ignored = false;

    scrub_view_plain(&plain, text);
    enum err e = look(s, &plain, all);
    if (!e) {
        e = look_behind(s, text, SCRUB_VIEW_MARKS, &letters, all);
    }
    if (!e && letters) {
        e = look_behind(s, text, SCRUB_VIEW_ALL, &ignored, all);
    }
    return e;
}

/* ---- replacing ----------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const struct span *x = a, *y = b;

    return x->from != y->from ? (x->from < y->from ? -1 : 1)
           : x->to != y->to   ? (x->to < y->to ? -1 : 1)
                              : 0;
}

/* Spans that overlap are one; those that only touch are two. */
static struct str replace(struct region *r, struct spans *all, struct str text)
{
    struct str none = {NULL, 0};
    struct buf out;
    size_t done = 0;

    qsort(all->item, all->n, sizeof(*all->item), by_place);
    /* the shortest address, "::1", may become ten bytes */
    buf_init(&out, text.len * 4 + 64);
    for (size_t i = 0; i < all->n; i++) {
        size_t from = all->item[i].from, to = all->item[i].to;

        while (i + 1 < all->n && all->item[i + 1].from < to) {
            i++;
            to = all->item[i].to > to ? all->item[i].to : to;
        }
        buf_add_str(&out, str_sub(text, done, from - done));
        buf_add_c(&out, SCRUBBED);
        done = to;
    }
    buf_add_str(&out, str_sub(text, done, SIZE_MAX));
    struct str result = out.failed ? none : region_str(r, buf_str(&out));
    buf_fini(&out);
    return result;
}

static struct str scrub_with(struct region *r, const struct scrub *s,
                             struct str text)
{
    for (int i = 0; i < PASSES_MAX; i++) {
        struct spans all = {.n = 0};
        enum err e = find(s, text, &all);
        size_t n = all.n;

        if (e) {
            text = (struct str){NULL, 0};
        } else if (n > 0) {
            text = replace(r, &all, text);
        }
        free(all.item);
        if (n == 0 || !text.p) {
            return text;
        }
    }
    return STR(SCRUBBED);
}

struct str scrub_text(struct region *r, const struct scrub *s, struct str text)
{
    if (text.len == 0) {
        return text;
    }
    if (s->prepared) {
        return scrub_with(r, s, text);
    }
    struct scrub prepared = *s;
    if (scrub_prepare(&prepared)) {
        return (struct str){NULL, 0};
    }
    text = scrub_with(r, &prepared, text);
    scrub_fini(&prepared);
    return text;
}

/* ---- what was asked for -------------------------------------------------- */

static bool tells_name(const struct scrub *s, size_t i, struct str url)
{
    struct str name = str_c(s->name[i]);

    for (size_t at = 0; at + name.len <= url.len; at++) {
        if (str_ieq(str_sub(url, at, name.len), name)) {
            return true;
        }
    }
    return false;
}

void scrub_asked_for(struct scrub *s, struct str url)
{
    struct scrub nothing = {.n_own = 0};

    s->n_asked = 0;
    s->names_asked = 0;
    for (size_t i = 0; i < url.len && s->n_asked < SCRUB_MAX_ASKED;) {
        struct ip found;
        size_t end = scrub_addr_match(&nothing, url, i, &found);
        if (end) {
            s->asked[s->n_asked++] = ip_essence(&found);
        }
        i = end ? end : i + 1;
    }
    for (size_t i = 0; i < s->n_names; i++) {
        if (tells_name(s, i, url)) {
            s->names_asked |= UINT32_C(1) << i;
        }
    }
}
