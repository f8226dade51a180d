// SPDX-License-Identifier: Apache-2.0
/* What a control answers, as the probe reads it: first line the signature
 * header, then the body. What is kept is one JSON value each, and the record
 * takes it. */
#include "lib/engine/web/ask_control.c" /* its reader is its own */

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one_object(struct str text)
{
    struct json_doc *doc = NULL;
    if (json_parse(text, &json_default_limits, &doc, NULL) != ERR_OK ||
        !json_is_obj(json_root(doc))) {
        abort();
    }
    json_doc_free(doc);
}

/* What the control knows besides is connected to: every one is an address. */
static void on_addrs(void *arg, const struct control_helper *who,
                     const struct addr_list *found, const struct json *answer)
{
    (void)arg;
    (void)who;
    (void)answer;
    for (size_t i = 0; i < found->n; i++) {
        if (found->items[i].ip.family != 4 && found->items[i].ip.family != 6) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct region *r = region_new((size_t)16 << 20);
    struct str body = {(const char *)data, size}, line = {NULL, 0};
    if (!r || !str_next(&body, '\n', &line)) {
        region_free(r);
        return 0;
    }
    struct measurement m = {.region = r};
    struct measure ms = {.m = &m, .region = r};
    struct ask_control ask = {.q = {.ms = &ms, .on_addrs = on_addrs}};
    const struct control_helper helper = {.url = "https://control.example"};
    struct attempt a = {.ask = &ask, .helper = &helper};
    struct client_header header = {
        "x-parallax-signature",
        region_strndup(r, line.p ? line.p : "", line.len)};
    struct client_response res = {
        .status = 200, .headers = &header, .n_headers = 1, .body = body};
    if (header.value && !take_answer(&a, &res)) {
        one_object(m.control);
        if (m.control_signature.p) {
            one_object(m.control_signature);
        }
    }
    region_free(r);
    return 0;
}
