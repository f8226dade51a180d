// SPDX-License-Identifier: Apache-2.0
/* Turns the bytes of one record into what the store takes: checks it, hashes
 * it, judges it again and fills the columns. Pure but for the verdict's rules
 * and the network database, both immutable: any number of threads may call it.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_ACCEPT_H
#define PARALLAX_COLLECTOR_INGEST_ACCEPT_H

#include "collector/ingest/acceptor.h"
#include "collector/ingest/refusal.h"
#include "collector/ingest/report_id.h"
#include "collector/store/store.h"
#include "verdict/verdict.h"

struct accept_in {
    struct str record; /* JSON text of the record */
    /* the same, read within accept_limits and entered; NULL: nobody did yet.
     * If a report id is to be given, its text must be that of `record`. */
    const struct json_doc *doc;
    int64_t receipt_s;
    const char *source;           /* address it came from, NULL unknown */
    const struct report_id *path; /* of the report it came under, or NULL */
    const char *report_id;        /* text of it, "" none */
    bool give_report_id;          /* make one, and write it into the record */
    bool relayed;                 /* `source` is a proxy's, not the sender's */
    bool imported;                /* its own measurement_uid is kept */
    const char *vouched;          /* who vouches for its source, or NULL */
};

/* What a record, or what it comes wrapped in, may be as JSON: far more than a
 * real one is, but little enough that a small upload cannot claim much memory.
 */
extern const struct json_limits accept_limits;

/* Memory of one record's columns and verdict. */
#define ACCEPT_REGION_MAX ((size_t)64 << 20)

/* Fills out->row (strings in `r`) and out->record: the bytes as given, but for
 * a report id that was to be written into them. A record of another test than
 * web_connectivity is judged by nobody, nor is one whose input or test_keys are
 * null or cannot be read. ERR_PARSE: not taken, `why` says why
 * and names the key. Other errors are ours. */
MUST_USE enum err accept_record(const struct acceptor *a, struct region *r,
                                const struct accept_in *in,
                                struct store_put *out, struct refusal *why);

/* What a verdict says, into the row; texts in `r`. ERR_NOMEM. */
MUST_USE enum err accept_verdict(struct region *r, const struct verdict *v,
                                 struct store_row *row);

/* HMAC of the /24 or /48 of an address with the day's key, in hex; "" for an
 * address that says nothing about who sent it (none, loopback). */
void accept_source_tag(const uint8_t day_key[CRYPTO_KEY_LEN],
                       const char *source, char out[STORE_TAG_MAX]);

#endif
