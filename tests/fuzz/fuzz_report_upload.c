// SPDX-License-Identifier: Apache-2.0
/* Any bytes as the body of an upload: the record in it is checked, hashed and
 * judged. What is accepted has every column the store needs, and gives the
 * same hash again. */
#include "collector/ingest/accept.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct store_put *p)
{
    const struct store_row *r = &p->row;
    char uid[UID_MAX];
    if (strlen(r->cc) != 2 || !r->input || !r->domain || !r->category ||
        !r->report_id || !r->foreign_uid || !r->software || !r->blocking ||
        !r->method || !r->reasons || !r->network_name || r->state < 0 ||
        r->state > STORE_NOT_JUDGED || r->start_s > r->receipt_s + 86400 ||
        !r->site || !r->vouched || r->timing < 0 || r->timing > 2 ||
        uid_text(r->hash, r->start_s, r->receipt_s, r->cc, NULL, 0, uid) !=
            ERR_OK) {
        abort();
    }
}

static void accept(struct str record, bool imported, struct store_put *out,
                   bool *taken)
{
    struct region *r = region_new(ACCEPT_REGION_MAX);
    struct report_id path;
    struct refusal why = {0};
    struct acceptor a = {0};
    struct accept_in in = {.record = record,
                           .receipt_s = 1793491200,
                           .source = "130.192.91.211",
                           .imported = imported};
    if (!r ||
        !report_id_parse(
            str_c("20240212T203347Z_webconnectivity_IT_137_n1_abcd"), &path)) {
        abort();
    }
    in.path = imported ? NULL : &path;
    enum err e = accept_record(&a, r, &in, out, &why);
    *taken = e == ERR_OK;
    if (e == ERR_OK) {
        check(out);
    } else if (e == ERR_PARSE && (!why.reason || !why.d.text[0])) {
        abort();
    }
    region_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str body = {(const char *)data, size};
    struct json_doc *doc = NULL;
    struct diag d;
    struct report_id id;
    (void)report_id_parse(body, &id);
    if (json_parse(body, &json_default_limits, &doc, &d) != ERR_OK) {
        return 0;
    }
    const struct json *content = json_get(json_root(doc), "content");
    struct str record = content ? json_span(doc, content) : body;
    struct store_put first, second;
    bool taken = false, again = false;
    accept(record, true, &first, &taken);
    accept(record, true, &second, &again);
    if (taken != again ||
        (taken && memcmp(first.row.hash, second.row.hash, SHA256_LEN) != 0)) {
        abort();
    }
    accept(record, false, &first, &taken);
    json_doc_free(doc);
    return 0;
}
