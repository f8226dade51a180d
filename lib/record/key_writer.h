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
    struct scrub_words *words; /* built here, where the run has not; or NULL */
    const char *site; /* the host of `input`, "" if it cannot be read */
};

/* A text that was scrubbed: only this file makes one. It lives until
 * key_writer_fini, and is empty when there is no memory. */
struct clean_text {
    struct str s;
};

/* Borrows `w`, `m` and the scrub of `env` until key_writer_fini. ERR_NOMEM. */
MUST_USE enum err key_writer_init(struct key_writer *c, struct jw *w,
                                  const struct measurement *m,
                                  const struct record_env *env);
void key_writer_fini(struct key_writer *c); /* frees what the texts live in */

/* Keeps the first error; the record is then not used. */
void key_writer_fail(struct key_writer *c, enum err e);

/* Member `key`, whatever a stranger wrote: scrubbed. NULL is "". The bytes of
 * the second need not be UTF-8. */
void key_writer_text(struct key_writer *c, const char *key, const char *text);
void key_writer_bytes(struct key_writer *c, const char *key, struct str bytes);
/* Member `key`, a word of our own or null: names stay in it, but addresses do
 * not, so that nothing gets past the scrubbing by this way. */
void key_writer_word(struct key_writer *c, const char *key, const char *word);
/* Member `key`, the endpoint of a resolver or its URL: an address that was
 * contacted, of which only our own is taken out. NULL is "". */
void key_writer_contacted(struct key_writer *c, const char *key,
                          const char *text);
/* Member `url`: that of a request. */
void key_writer_url(struct key_writer *c, const struct obs_http *o);
/* A header's name, and its value as it may be written; that of `location` in
 * the answer `o` (else NULL) is a target (scrub_url.h). `changed` is set if it
 * was one that is not what the stranger wrote. */
struct clean_text key_writer_header_name(struct key_writer *c,
                                         const char *name);
struct clean_text key_writer_header(struct key_writer *c,
                                    const struct obs_http *o,
                                    const struct obs_header *h, bool *changed);
/* A text as the element of an array, as the name of a member, and as a value,
 * which need not be UTF-8. */
void key_writer_name(struct key_writer *c, struct clean_text name);
void key_writer_key(struct key_writer *c, struct clean_text name);
void key_writer_value(struct key_writer *c, struct clean_text value);

/* Does a certificate (DER) tell our address? While ours is unknown: any. */
bool key_writer_tells(struct key_writer *c, struct str der);
/* Such bytes as the element of an array; only what does not tell. */
void key_writer_certificate(struct key_writer *c, struct str der);

/* Members `key`: an address, and "address:port"; "[scrubbed]" for ours. */
void key_writer_ip(struct key_writer *c, const char *key, const struct ip *ip);
void key_writer_endpoint(struct key_writer *c, const char *key,
                         const struct ip *ip, uint16_t port);
/* The same as an element of an array. */
void key_writer_ip_element(struct key_writer *c, const struct ip *ip);
/* Member `raw_response`: the bytes of a DNS message; left out if they hold an
 * address of ours in binary, or anything as text that has to go. */
void key_writer_raw(struct key_writer *c, struct str raw);
/* Member `failure`; NULL is success. */
void key_writer_failure(struct key_writer *c, const char *failure);
/* Member `key`: a JSON object copied as it is; null if it is not one, so that a
 * strange answer can never break the record. */
void key_writer_object(struct key_writer *c, const char *key, struct str json);

/* Member `control`: what the control answered, in which addresses that it found
 * and connected to stay. False: something was taken out, so that its signature
 * is no longer one of this text. */
bool key_writer_control(struct key_writer *c, struct str json);

/* Member `input`, as it was given: what the volunteer asked for is not secret
 * from the record. */
void key_writer_input(struct key_writer *c);
/* Members that were written before, by these functions or by the verdict, which
 * reads what these functions wrote. */
void key_writer_members(struct key_writer *c, struct str members);

/* Is there anything that `tags` would tell? */
bool key_writer_has_tags(const struct obs_tags *t);
/* Member `tags`, in OONI's words: "depth=0", "fetch_body=true". */
void key_writer_tags(struct jw *w, const struct obs_tags *t);
/* Members `t0` (unless 0) and `t`: microseconds here, seconds in the record. */
void key_writer_times(struct jw *w, int64_t t0, int64_t t);
/* Member `transaction_id`, unless 0. */
void key_writer_id(struct jw *w, int64_t id);

#endif
