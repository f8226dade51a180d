// SPDX-License-Identifier: Apache-2.0
#include "record/fp_search.h"

#include "base/ascii.h"
#include <stdlib.h>
#include <string.h>

/* States are numbered in breadth-first order, so the children of a state are
 * neighbours and shallow states come first. Those get a complete row of
 * transitions: nearly all bytes of a page are read there. Deeper states keep
 * their few children and fall back along `fail`. */
#define DENSE_DEPTH 2
#define DENSE_MAX   2048
#define NONE        UINT32_MAX

struct state {
    uint32_t first; /* first child */
    uint32_t fail;
    uint16_t n;   /* children */
    uint8_t byte; /* that leads here */
};

/* Apart from the states, because it is read for a hit only. */
struct ending {
    uint32_t out;  /* a pattern that ends here, or NONE */
    uint32_t dict; /* nearest state along `fail` where one ends, or NONE */
};

struct fp_search {
    struct state *states;
    struct ending *endings;
    uint32_t n_states;
    uint32_t n_dense;
    uint32_t (*dense)[256];
    uint32_t *same; /* next pattern with the same text, or NONE */
    uint8_t *ends;  /* some pattern ends here or along `dict` */
};

/* ---- building ------------------------------------------------------------ */

struct trie_node {
    uint32_t child, sibling; /* 0 = none: the root is nobody's child */
    uint32_t out;
    uint32_t rank; /* number in breadth-first order */
    uint8_t byte;
    uint8_t depth; /* capped at 255 */
};

struct trie {
    struct trie_node *nodes;
    uint32_t n;
};

static uint32_t trie_step(struct trie *t, uint32_t at, uint8_t byte)
{
    uint32_t *link = &t->nodes[at].child;
    while (*link && t->nodes[*link].byte < byte) {
        link = &t->nodes[*link].sibling;
    }
    uint32_t found = *link;
    if (found && t->nodes[found].byte == byte) {
        return found;
    }
    uint8_t depth = t->nodes[at].depth;
    t->nodes[t->n] = (struct trie_node){
        .sibling = *link,
        .out = NONE,
        .byte = byte,
        .depth = (uint8_t)(depth < 255 ? depth + 1 : 255),
    };
    *link = t->n;
    return t->n++;
}

static void trie_add(struct trie *t, struct fp_search *s, struct str p,
                     uint32_t index)
{
    uint32_t at = 0;
    for (size_t i = 0; i < p.len; i++) {
        at = trie_step(t, at, (uint8_t)p.p[i]);
    }
    s->same[index] = NONE;
    if (p.len > 0) {
        s->same[index] = t->nodes[at].out;
        t->nodes[at].out = index;
    }
}

/* Numbers the states; `order` has room for all of them. */
static void number(struct trie *t, struct fp_search *s, uint32_t *order)
{
    uint32_t head = 0, tail = 1;
    order[0] = 0;
    while (head < tail) {
        struct trie_node *node = &t->nodes[order[head]];
        struct state *st = &s->states[head];
        node->rank = head;
        *st = (struct state){.first = tail, .byte = node->byte};
        s->endings[head] = (struct ending){node->out, NONE};
        if (node->depth <= DENSE_DEPTH && head < DENSE_MAX) {
            s->n_dense = head + 1;
        }
        for (uint32_t c = node->child; c; c = t->nodes[c].sibling) {
            order[tail++] = c;
            st->n++;
        }
        head++;
    }
}

static uint32_t child_of(const struct fp_search *s, const struct state *st,
                         uint8_t byte)
{
    const struct state *c = &s->states[st->first];
    for (uint32_t i = 0; i < st->n; i++) {
        if (c[i].byte == byte) {
            return st->first + i;
        }
    }
    return NONE;
}

static uint32_t step(const struct fp_search *s, uint32_t at, uint8_t byte)
{
    while (at >= s->n_dense) {
        uint32_t next = child_of(s, &s->states[at], byte);
        if (next != NONE) {
            return next;
        }
        at = s->states[at].fail;
    }
    return s->dense[at][byte];
}

/* A state's row may be filled once its own fail is known: breadth first. */
static void link_states(struct fp_search *s)
{
    for (uint32_t i = 0; i < s->n_states; i++) {
        struct state *st = &s->states[i];
        struct ending *ending = &s->endings[i];
        const struct ending *fail = &s->endings[st->fail];
        if (i > 0) {
            ending->dict = fail->out != NONE ? st->fail : fail->dict;
        }
        s->ends[i] = ending->out != NONE || ending->dict != NONE;
        if (i < s->n_dense) {
            for (unsigned c = 0; c < 256; c++) {
                s->dense[i][c] = i > 0 ? s->dense[st->fail][c] : 0;
            }
            for (uint32_t k = st->first; k < st->first + st->n; k++) {
                s->dense[i][s->states[k].byte] = k;
            }
        }
        for (uint32_t k = st->first; k < st->first + st->n; k++) {
            s->states[k].fail =
                i > 0 ? step(s, st->fail, s->states[k].byte) : 0;
        }
    }
}

static enum err build(struct fp_search *s, const struct str *patterns, size_t n,
                      size_t total)
{
    struct trie t = {.n = 1};
    uint32_t *order = NULL;
    enum err e = ERR_NOMEM;
    t.nodes = calloc(total + 1, sizeof(*t.nodes));
    s->same = calloc(n + 1, sizeof(*s->same));
    if (!t.nodes || !s->same) {
        goto out;
    }
    t.nodes[0].out = NONE;
    for (size_t i = 0; i < n; i++) {
        trie_add(&t, s, patterns[i], (uint32_t)i);
    }
    s->n_states = t.n;
    s->states = calloc(t.n, sizeof(*s->states));
    s->endings = calloc(t.n, sizeof(*s->endings));
    s->ends = calloc(t.n, 1);
    order = calloc(t.n, sizeof(*order));
    if (!s->states || !s->endings || !order || !s->ends) {
        goto out;
    }
    number(&t, s, order);
    s->dense = calloc(s->n_dense, sizeof(*s->dense));
    if (!s->dense) {
        goto out;
    }
    link_states(s);
    e = ERR_OK;
out:
    free(order);
    free(t.nodes);
    return e;
}

enum err fp_search_new(const struct str *patterns, size_t n,
                       struct fp_search **out)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++) {
        total += patterns[i].len;
        if (total > FP_SEARCH_MAX_BYTES) {
            return ERR_LIMIT;
        }
    }
    struct fp_search *s = calloc(1, sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    enum err e = build(s, patterns, n, total);
    if (e) {
        fp_search_free(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

void fp_search_free(struct fp_search *s)
{
    if (s) {
        free(s->states);
        free(s->endings);
        free(s->dense);
        free(s->same);
        free(s->ends);
        free(s);
    }
}

static void report(const struct fp_search *s, uint32_t at, size_t end,
                   fp_hit_fn hit, void *arg)
{
    while (at != NONE) {
        for (uint32_t p = s->endings[at].out; p != NONE; p = s->same[p]) {
            hit(arg, p, end);
        }
        at = s->endings[at].dict;
    }
}

void fp_search_run(const struct fp_search *s, struct str text, fp_hit_fn hit,
                   void *arg)
{
    uint32_t at = 0;
    for (size_t i = 0; i < text.len; i++) {
        at = step(s, at, (uint8_t)text.p[i]);
        if (s->ends[at]) {
            report(s, at, i + 1, hit, arg);
        }
    }
}
