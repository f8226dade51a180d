// SPDX-License-Identifier: Apache-2.0
/* Grants, denials and the one candidate that waits. */
#include "engine/web/selector.h"

#include "record/measurement.h"

static bool is_top(const struct selector *s, unsigned origin)
{
    return s->top == 0 || (origin & s->top) != 0;
}

void selector_init(struct selector *s, unsigned origins)
{
    static const unsigned order[] = {ORIGIN_SYSTEM, ORIGIN_UDP, ORIGIN_DOH};

    *s = (struct selector){0};
    for (unsigned i = 0; i < 3 && s->top == 0; i++) {
        s->top = origins & order[i];
    }
}

void selector_started(struct selector *s, unsigned origin)
{
    if (is_top(s, origin)) {
        s->open_top++;
    }
}

enum selection selector_ready(struct selector *s, unsigned origin, void *flow)
{
    bool top = is_top(s, origin);

    if (top && s->open_top > 0) {
        s->open_top--;
    }
    if (s->granted) {
        return SELECT_DENY;
    }
    if (top || s->open_top == 0) {
        s->granted = true;
        return SELECT_GRANT;
    }
    if (s->candidate) {
        return SELECT_DENY;
    }
    s->candidate = flow;
    return SELECT_WAIT;
}

static void *take_candidate(struct selector *s)
{
    if (s->granted || !s->candidate) {
        return NULL;
    }
    s->granted = true;
    return s->candidate;
}

void *selector_failed(struct selector *s, unsigned origin)
{
    if (is_top(s, origin) && s->open_top > 0) {
        s->open_top--;
    }
    return s->open_top == 0 ? take_candidate(s) : NULL;
}

void *selector_timeout(struct selector *s)
{
    return take_candidate(s);
}
