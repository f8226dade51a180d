// SPDX-License-Identifier: Apache-2.0
/* What a run shows while it goes: one redrawn line on a terminal, else one
 * line per site, or one JSON object per event. What nobody looks at goes into a
 * journal, which stays on the disk: there no site is named. Only words; no
 * measuring.
 */
#ifndef PARALLAX_PROBE_RUN_PROGRESS_H
#define PARALLAX_PROBE_RUN_PROGRESS_H

#include "probe/deliver/submission.h"

#include <stdio.h>

enum progress_mode {
    PROGRESS_LIVE,   /* one line on standard error, redrawn */
    PROGRESS_LINES,  /* one line per site */
    PROGRESS_JSON,   /* one object per event */
    PROGRESS_COUNTS, /* nothing of a single site; the summary */
    PROGRESS_WORDS   /* what is going on, for who waits for a single site */
};

struct progress_counts {
    size_t total;  /* sites to measure */
    size_t done;   /* measured */
    size_t flight; /* being measured */
    size_t parked; /* to be measured again after a pause */
    size_t state[X_INTERNAL + 1];
    size_t bad, refused, skipped;
    size_t rejected; /* records the collector refused, of this run */
    size_t sent;     /* records the collector has stored, of this run */
    size_t waiting;  /* records that wait to be sent, of every run */
    uint64_t up, down;
};

struct progress {
    enum progress_mode mode;
    const char *command; /* that speaks: "run" */
    FILE *to;            /* lines and events */
    int64_t start_us, drawn_us;
    bool drawn; /* a live line stands on the terminal */
    struct progress_counts counts;
};

/* `by_timer`: nobody has called it; without a terminal that is PROGRESS_COUNTS.
 * `to_stdout` false: everything goes to standard error. */
void progress_init(struct progress *p, bool json, bool by_timer,
                   bool to_stdout);
/* For `command`, which measures one site: words on standard error. */
void progress_init_words(struct progress *p, const char *command);

/* Measuring begins; `collector` is its URL, or NULL. */
void progress_start(struct progress *p, const char *collector);
/* One site is done; counts are updated here. */
void progress_site(struct progress *p, const char *input,
                   const struct site_result *o);
/* One site is to be measured again. */
void progress_again(struct progress *p, const char *input);
/* Redraws the live line, at most ten times a second. */
void progress_tick(struct progress *p);
/* The site as it may be called in words. */
const char *progress_name(const struct progress *p, const char *input);
/* A line of words on standard error that does not tear the live line. */
void progress_say(struct progress *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The summary: words on standard error, or the last event. */
void progress_end(struct progress *p, const char *why_stopped);

/* "3.4 MB"; out of at least 16 bytes. */
void progress_format_bytes(uint64_t bytes, char out[16]);

/* For tests: "2 min 10 s"; out of at least 32 bytes. */
void progress_format_time(int64_t us, char out[32]);

#endif
