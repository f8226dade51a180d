// SPDX-License-Identifier: Apache-2.0
/* Is anybody there? Two questions that resolvers answer, by way of the system's
 * and of a public one; their only use is that an answer is heard. */
#include "engine/engine_int.h"

#include <stdlib.h>

#define REGION_MAX ((size_t)256 * 1024)

struct pulse {
    struct pulse *next;
    struct engine *e;
    struct region *region;
    struct lookup *lookup;
};

static void on_done(void *arg, const struct lookup_result *res)
{
    (void)arg;
    (void)res;
}

static void unlinked_free(struct pulse *p)
{
    p->e->n_pulses--;
    region_free(p->region);
    free(p);
}

static void pulse_free(struct pulse *p)
{
    struct pulse **at = &p->e->pulses;

    while (*at != p) {
        at = &(*at)->next;
    }
    *at = p->next;
    unlinked_free(p);
}

static void on_closed(void *arg)
{
    pulse_free(arg);
}

static enum err ask(struct engine *e, enum lookup_via via, const char *server)
{
    struct pulse *p = calloc(1, sizeof(*p));

    if (!p) {
        return ERR_NOMEM;
    }
    *p = (struct pulse){.next = e->pulses, .e = e};
    e->pulses = p;
    e->n_pulses++;
    p->region = region_new(REGION_MAX);
    struct lookup_request q = {
        .via = via,
        .host = ENGINE_WHOAMI_NAME,
        .server = server,
        .only_a = true,
        .region = p->region,
        .on_done = on_done,
        .on_closed = on_closed,
        .arg = p,
    };
    enum err err =
        p->region ? lookup_start(e->resolver, &q, &p->lookup) : ERR_NOMEM;
    if (err != ERR_OK) {
        pulse_free(p);
    }
    return err;
}

enum err engine_pulse(struct engine *e)
{
    const char *udp = engine_pick_udp(e);

    if (e->n_pulses >= PULSES_MAX) {
        return ERR_OK;
    }
    enum err err = ask(e, LOOKUP_SYSTEM, NULL);
    return err == ERR_OK && udp ? ask(e, LOOKUP_UDP, udp) : err;
}

void engine_pulse_cancel(struct engine *e)
{
    while (e->pulses) {
        struct pulse *p = e->pulses;

        e->pulses = p->next;
        lookup_cancel(p->lookup);
        unlinked_free(p);
    }
}
