// SPDX-License-Identifier: Apache-2.0
/* Questions to the line, and their end. */
#include "engine/line_check.h"

#include <stdlib.h>

#define REGION_MAX    ((size_t)256 * 1024)
#define QUESTIONS_MAX 6 /* under way */

struct line_question {
    struct line_question *next;
    struct line_check *check;
    struct region *region;
    struct lookup *lookup;
    const char *host;
    const char *public; /* the resolver; NULL: the system's */
};

void line_check_init(struct line_check *c, struct instruments *in)
{
    *c = (struct line_check){.in = in};
}

static void on_done(void *arg, const struct lookup_result *res)
{
    const struct line_question *q = arg;
    struct instruments *in = q->check->in;

    instruments_lost(in, res->internal);
    if (q->public && res->n_addrs > 0) {
        public_dns_answered(&in->public_dns, q->public);
        run_facts_heard(&in->run_facts, q->host, q->public);
    }
}

/* Frees the first question of the list that begins at `at`. */
static void question_free(struct line_question **at)
{
    struct line_question *q = *at;

    *at = q->next;
    q->check->n--;
    region_free(q->region);
    free(q);
}

static void on_closed(void *arg)
{
    struct line_question *q = arg;
    struct line_question **at = &q->check->first;

    while (*at != q) {
        at = &(*at)->next;
    }
    question_free(at);
}

/* A name that was answered before: nothing new is told to whoever listens. No
 * public resolver hears of our own peers, but of what public ones answered
 * before, where the system's answers nothing. NULL if there is none. */
static const char *draw(struct line_check *c, bool public)
{
    const char *name = other_names_draw(&c->in->other_names, NULL, public);

    return name || !public ? name
                           : other_names_draw(&c->in->public_names, NULL, true);
}

/* `public` is a resolver, NULL: the system's. */
static enum err ask(struct line_check *c, const char *public, const char *name)
{
    struct line_question *q = calloc(1, sizeof(*q));

    if (!q) {
        return ERR_NOMEM;
    }
    *q = (struct line_question){.next = c->first, .check = c, .public = public};
    c->first = q;
    c->n++;
    q->region = region_new(REGION_MAX);
    q->host = q->region ? region_strdup(q->region, name) : NULL;
    struct lookup_request request = {
        .via = public ? LOOKUP_UDP : LOOKUP_SYSTEM,
        .host = q->host,
        .server = public,
        .only_a = true,
        .region = q->region,
        .on_done = on_done,
        .on_closed = on_closed,
        .arg = q,
    };
    enum err e = q->host ? lookup_start(c->in->resolver, &request, &q->lookup)
                         : ERR_NOMEM;
    if (e != ERR_OK) {
        question_free(&c->first);
    }
    return e;
}

enum err line_check_ask(struct line_check *c)
{
    const char *udp = public_dns_udp(&c->in->public_dns);

    if (c->n >= QUESTIONS_MAX) {
        return ERR_OK;
    }
    /* never both at once, and about another name each time */
    bool public = udp && !c->public;
    const char *name = draw(c, public);
    if (!name && udp) {
        public = !public;
        name = draw(c, public);
    }
    c->public = public;
    enum err e = name ? ask(c, public ? udp : NULL, name) : ERR_OK;
    instruments_lost(c->in, e);
    return e;
}

void line_check_cancel(struct line_check *c)
{
    while (c->first) {
        lookup_cancel(c->first->lookup);
        question_free(&c->first);
    }
}
