// SPDX-License-Identifier: Apache-2.0
#include "collector/api/api_geolookup.h"

#include "collector/api/answer.h"

#include <string.h>

#define ADDRESSES_MAX 64

static bool addresses_ok(const struct json *list)
{
    if (!json_is_arr(list) || json_len(list) > ADDRESSES_MAX) {
        return false;
    }
    for (const struct json *a = json_first(list); a; a = json_next(a)) {
        struct ip ip;
        if (!ip_parse(json_str(a), &ip)) {
            return false;
        }
    }
    return true;
}

static bool came_before(const struct json *list, const struct json *a)
{
    for (const struct json *b = json_first(list); b != a; b = json_next(b)) {
        if (str_eq(json_str(a), json_str(b))) {
            return true;
        }
    }
    return false;
}

static void write_place(struct jw *w, const struct geo_entry *place)
{
    bool known = place->asn != 0;
    jw_obj(w);
    jw_kc(w, "cc", place->cc[0] ? place->cc : "ZZ");
    if (known) {
        jw_ki(w, "asn", place->asn);
    } else {
        jw_kn(w, "asn");
    }
    jw_kc(w, "as_name", known && place->org[0] ? place->org : NULL);
    jw_obj_end(w);
}

void api_geolookup(struct service *s, struct http_req *req)
{
    struct json_doc *doc = NULL;
    enum err e = json_parse(req->body, &json_default_limits, &doc, NULL);
    const struct json *list =
        e == ERR_OK ? json_get(json_root(doc), "addresses") : NULL;
    if (!addresses_ok(list)) {
        answer_invalid_key(req, "addresses", "not a list of addresses");
        json_doc_free(doc);
        return;
    }
    struct jw w;
    jw_init(&w, &req->reply.body);
    jw_obj(&w);
    jw_ki(&w, "v", 1);
    jw_key(&w, "geolocation");
    jw_obj(&w);
    for (const struct json *a = json_first(list); a; a = json_next(a)) {
        struct geo_entry place = {.cc = "ZZ"};
        if (came_before(list, a)) {
            continue;
        }
        geo_lookup(s->geo, json_cstr(a), &place);
        jw_key_str(&w, json_str(a));
        write_place(&w, &place);
    }
    jw_obj_end(&w);
    jw_obj_end(&w);
    http_answer(req, 200);
    json_doc_free(doc);
}
