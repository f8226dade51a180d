// SPDX-License-Identifier: Apache-2.0
/* The inside of an engine and of its jobs, for engine.c and for the replays,
 * which look at both. */
#ifndef PARALLAX_ENGINE_ENGINE_INT_H
#define PARALLAX_ENGINE_ENGINE_INT_H

#include "engine/engine.h"
#include "engine/helper_warm.h"
#include "engine/instruments.h"
#include "engine/line_check.h"

struct measure;

enum job_state {
    JOB_QUEUED,
    JOB_RUNNING,
    JOB_LATE /* its steps are done; the record is not delivered yet */
};

struct engine_job {
    struct engine *engine;
    struct engine_job *prev, *next;
    enum job_state state;
    struct plan plan;
    engine_done_fn fn;
    void *arg;
    struct measure *measure; /* NULL: queued */
};

struct engine {
    struct instruments in;
    struct line_check line_check;
    struct helper_warm helper_warm;
    struct engine_job *first, *last; /* in order of submission */
    struct loop_timer *retry;        /* a queued job could not be started */
    unsigned active;                 /* jobs that hold a slot */
    void (*on_slot)(void *arg);
    void *on_slot_arg;
};

#endif
