// SPDX-License-Identifier: Apache-2.0
/* Which of the connections of one redirect depth fetches the page: exactly
 * one, the first that is ready of the best origin (system, then UDP, then DoH,
 * then anything). If none of that origin comes, the first other that was ready
 * is connected again: at once when all of the best have failed, else 500 ms
 * after it was ready. Pure: no I/O, no clock.
 */
#ifndef PARALLAX_ENGINE_WEB_SELECTOR_H
#define PARALLAX_ENGINE_WEB_SELECTOR_H

#include <stdbool.h>

#define SELECTOR_WAIT_US (INT64_C(500) * 1000)

struct selector {
    unsigned top;      /* origin bits that count as best */
    unsigned open_top; /* flows of that origin not heard of yet */
    bool granted;
    void *candidate; /* first flow that was ready and not of the best */
};

enum selection {
    SELECT_DENY,
    SELECT_WAIT, /* denied, but now start the 500 ms */
    SELECT_GRANT
};

/* `origins`: OR of the origins of all addresses known at the start. */
void selector_init(struct selector *s, unsigned origins);
/* A flow that may fetch was started. */
void selector_started(struct selector *s, unsigned origin);
enum selection selector_ready(struct selector *s, unsigned origin, void *flow);
/* A flow failed before it was ready. Gives the flow to connect again, which
 * is then the one granted, or NULL. */
void *selector_failed(struct selector *s, unsigned origin);
/* The 500 ms are over; the same. */
void *selector_timeout(struct selector *s);

#endif
