// SPDX-License-Identifier: Apache-2.0
/* Frames without "claimed" are of before 1 December 2026: a start that could
 * not be true was replaced by the hour of receipt in them, and sites were told
 * apart by their spelling. Nobody vouched for anything, and no place was
 * compared. Their uids stay as they are: people have them. Of other tests than
 * web_connectivity the host was not kept. Frames without
 * "signatures" are of that day, too: a signed answer was good for any number of
 * records. */
#include "collector/store/store_migrate.h"

#include "base/clock.h"
#include "collector/store/store_claim.h"
#include "collector/store/store_signatures.h"
#include "wire/url_site.h"

/* As ingest takes them. */
static const struct json_limits limits = {
    .max_bytes = (size_t)32 << 20,
    .max_nodes = 500000,
    .max_string = (size_t)24 << 20,
    .max_depth = 64,
};

static enum err from_record(struct region *r, struct str record,
                            struct store_row *row)
{
    struct json_doc *doc = NULL;
    struct diag d;
    enum err e = json_parse(record, &limits, &doc, &d);
    if (e != ERR_OK) {
        return e == ERR_NOMEM ? e : ERR_OK;
    }
    const struct json *rec = json_root(doc);
    const char *start = json_cstr(json_get(rec, "measurement_start_time"));
    int64_t claimed_s = row->start_s;
    if (!start || clock_parse(start, &claimed_s) != ERR_OK) {
        claimed_s = row->start_s;
    }
    store_claim_time(row, claimed_s);
    row->recorded_blocking = region_strdup(r, store_claim_blocking(rec));
    json_doc_free(doc);
    return row->recorded_blocking ? ERR_OK : ERR_NOMEM;
}

/* What is verified, but does not say yet by which signed answers. Of more than
 * a record has, none is believed. */
static enum err name_signatures(struct region *r, struct str record,
                                struct store_row *row)
{
    struct json_doc *doc = NULL;
    struct diag d;
    enum err e = json_parse(record, &limits, &doc, &d);
    if (e == ERR_OK) {
        e = store_signatures(r, json_root(doc), &row->signatures);
        row->control_verified = e != ERR_LIMIT;
    }
    json_doc_free(doc);
    return e == ERR_NOMEM ? e : ERR_OK;
}

enum err store_migrate(struct region *r, const struct json *facts,
                       struct str record, struct store_row *row)
{
    enum err e = ERR_OK;
    if (!json_get(facts, "claimed")) {
        store_claim_time(row, row->start_s);
        row->site = url_site(r, row->domain[0] != '\0' ? row->input : "");
        e = row->site ? from_record(r, record, row) : ERR_NOMEM;
    }
    if (e == ERR_OK && row->domain[0] == '\0') {
        row->domain = store_claim_host(r, row->input);
        e = row->domain ? ERR_OK : ERR_NOMEM;
    }
    if (e == ERR_OK && row->control_verified &&
        !json_get(facts, "signatures")) {
        e = name_signatures(r, record, row);
    }
    return e;
}
