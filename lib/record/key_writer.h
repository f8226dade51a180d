// SPDX-License-Identifier: Apache-2.0
/* What all writers of test_keys stand on: the JSON writer, the measurement, and
 * the scrubbing through which every text of a stranger goes before it is
 * written. Errors stick in the writer's buffer (`w->out->failed`). Used within
 * one call of keys_write, by one thread.
 */
#ifndef PARALLAX_RECORD_KEY_WRITER_H
#define PARALLAX_RECORD_KEY_WRITER_H

#include "base/json_out.h"
#include "base/region.h"
#include "record/measurement.h"
#include "record/record_env.h"
#include "record/scrub.h"

struct key_writer {
    struct jw *w;
    const struct measurement *m;
    struct region *scratch;
    struct scrub all; /* also what merely looks like an address, as long as the
                         public one is unknown */
    struct scrub own; /* our own addresses and nothing else */
};

/* Borrows `w`, `m` and the scrub of `env` until key_writer_fini. ERR_NOMEM. */
MUST_USE enum err key_writer_init(struct key_writer *c, struct jw *w,
                                  const struct measurement *m,
                                  const struct record_env *env);
void key_writer_fini(struct key_writer *c); /* frees what the texts live in */

/* Keeps the first error; the record is then not used. */
void key_writer_fail(struct key_writer *c, enum err e);

/* Scrubbed for headers, bodies and free text, that is everything a stranger
 * wrote. Lives until key_writer_fini; empty when there is no memory. */
struct str key_writer_clean(struct key_writer *c, struct str text);
/* The same for fields whose addresses are observations (URLs, endpoints): only
 * our own are taken out. NULL gives an empty text. */
struct str key_writer_without_own(struct key_writer *c, const char *text);
/* Do raw DNS bytes hold an address of ours, in binary or as text? */
bool key_writer_holds_own(struct key_writer *c, struct str raw);

/* Members `key`: an address, and "address:port"; "[scrubbed]" for ours. */
void key_writer_ip(struct key_writer *c, const char *key, const struct ip *ip);
void key_writer_endpoint(struct key_writer *c, const char *key,
                         const struct ip *ip, uint16_t port);
/* Member `failure`; NULL is success. */
void key_writer_failure(struct key_writer *c, const char *failure);
/* Member `key`: a JSON object copied as it is; null if it is not one, so that a
 * strange answer can never break the record. */
void key_writer_object(struct key_writer *c, const char *key, struct str json);

/* Is there anything that `tags` would tell? */
bool key_writer_has_tags(const struct obs_tags *t);
/* Member `tags`, in OONI's words: "depth=0", "fetch_body=true". */
void key_writer_tags(struct jw *w, const struct obs_tags *t);
/* Members `t0` (unless 0) and `t`: microseconds here, seconds in the record. */
void key_writer_times(struct jw *w, int64_t t0, int64_t t);
/* Member `transaction_id`, unless 0. */
void key_writer_id(struct jw *w, int64_t id);
/* Member `key`: a text of our own that needs no scrubbing; NULL is "". */
void key_writer_text(struct jw *w, const char *key, const char *s);

#endif
