// SPDX-License-Identifier: Apache-2.0
/* What is done with the record itself stands in accept.c. */
#include "collector/ingest/ingest_read.h"

#include "base/clock.h"
#include "base/hex.h"
#include "record/dictionary.h"

#include <string.h>

#define X_PROBE_LEN 32
/* An upload may unpack to this much, and to so many times its own size more:
 * the largest records of pages that repeat one word stay far below. */
#define UNPACK_FREE  ((size_t)4 << 20)
#define UNPACK_TIMES 128

/* To how much an upload may unpack. */
static size_t unpack_max(const struct ingest *in, const struct ingest_job *j)
{
    size_t max = UNPACK_FREE + UNPACK_TIMES * j->up.body.len;
    return max < in->cfg.max_record ? max : in->cfg.max_record;
}

enum err ingest_read_unpack(const struct ingest *in, struct ingest_job *j,
                            struct refusal *why)
{
    j->body = j->up.body;
    if (j->up.coding == COMPRESS_NONE) {
        return ERR_OK;
    }
    size_t max = unpack_max(in, j);
    bool peek = !j->large && max > INGEST_LARGE;
    buf_fini(&j->unpacked);
    buf_init(&j->unpacked, peek ? INGEST_LARGE : max);
    enum err e =
        j->up.coding == COMPRESS_DCZ
            ? compress_unpack_dcz(j->up.body, dictionary_text(), &j->unpacked)
            : compress_unpack(j->up.body, &j->unpacked);
    if (e == ERR_LIMIT && peek) {
        return e;
    }
    if (e == ERR_LIMIT) {
        j->body.len = max; /* so much was done for it */
        return refusal_set(why, REFUSAL_TOO_LARGE, "",
                           "unpacks to more than %zu bytes", max);
    }
    if (e == ERR_PARSE) {
        return refusal_set(why, REFUSAL_FORMAT, "",
                           "not what Content-Encoding says");
    }
    if (e == ERR_INVAL) {
        return refusal_set(why, REFUSAL_ENCODING, "",
                           "needs a window of more than 8 MiB: compress it "
                           "with a lower level, or without --long");
    }
    if (e == ERR_NOTFOUND) {
        return refusal_set(why, REFUSAL_ENCODING, "",
                           "compressed against a dictionary that is not here");
    }
    j->body = buf_str(&j->unpacked);
    return e;
}

static void take_x_probe(const struct json *envelope, char out[STORE_TAG_MAX])
{
    struct str s = json_str(json_get(envelope, "x_probe"));
    uint8_t bytes[X_PROBE_LEN / 2];
    if (s.len == X_PROBE_LEN && hex_decode(s, bytes, sizeof(bytes)) == ERR_OK) {
        hex_encode(bytes, sizeof(bytes), out);
    }
}

/* Finds the record in the envelope; its bytes live in the job. Where it is an
 * object there, the doc becomes that of the record. */
static enum err find_record(struct ingest_job *j, struct json_doc *doc,
                            struct str *record, struct refusal *why)
{
    const struct json *root = json_root(doc);
    const struct json *content = json_get(root, "content");
    if (j->up.form == INGEST_REPORT) {
        if (!json_is_obj(content)) {
            return refusal_set(why, REFUSAL_FORMAT, "content", "not an object");
        }
        *record = json_span(doc, content);
        json_enter(doc, content);
        return ERR_OK;
    }
    struct str text = json_str(content);
    if (!json_is_str(content)) {
        return refusal_set(why, REFUSAL_FORMAT, "content", "not a string");
    }
    buf_init(&j->decoded, text.len + 1);
    enum err e = buf_add_str(&j->decoded, text);
    *record = buf_str(&j->decoded);
    return e;
}

enum err ingest_read_record(const struct ingest *in, struct ingest_job *j,
                            struct refusal *why)
{
    struct str record = {NULL, 0};
    struct json_doc *doc = NULL;
    struct diag d = {{0}};
    enum err e = json_parse(j->body, &accept_limits, &doc, &d);
    if (e == ERR_PARSE || e == ERR_LIMIT) {
        e = refusal_set(why, REFUSAL_FORMAT, "", "%s", d.text);
    }
    char x_probe[STORE_TAG_MAX] = "";
    if (e == ERR_OK) {
        take_x_probe(json_root(doc), x_probe);
        e = find_record(j, doc, &record, why);
    }
    if (e != ERR_OK) {
        json_doc_free(doc);
        return e;
    }
    struct accept_in what = {
        .record = record,
        .doc = j->up.form == INGEST_REPORT ? doc : NULL,
        .receipt_s = j->receipt_us / US_PER_S,
        .source = j->source[0] ? j->source : NULL,
        .relayed = j->up.relayed,
        .path = j->up.has_path ? &j->up.path : NULL,
        .report_id = j->report_id,
        .give_report_id = j->up.form == INGEST_SUBMIT,
    };
    e = accept_record(&in->cfg.acceptor, j->region, &what, &j->put, why);
    json_doc_free(doc);
    if (e == ERR_PARSE && why->reason == REFUSAL_JSON && !why->key[0]) {
        str_copy(why->key, sizeof(why->key), "content"); /* the record's own */
    }
    memcpy(j->put.row.x_probe, x_probe, sizeof(x_probe));
    return e;
}
