// SPDX-License-Identifier: Apache-2.0
/* From boxes in a file to records. */
#include "collector/cmd/import_boxes.h"

#include "base/compress.h"
#include "base/json.h"
#include "collector/ingest/accept.h"
#include "record/dictionary.h"
#include "record/sealed_file.h"

#include <errno.h>
#include <string.h>

#define UNPACKED_MAX ((size_t)32 << 20)

struct boxes {
    struct opener *opener;
    struct buf box, plain, unpacked;
};

/* The record in a box; *record is a part of `unpacked`. ERR_PARSE: `why`. */
static enum err unpack(struct boxes *b, struct str *record, struct diag *why)
{
    struct str open, body;
    struct json_doc *doc = NULL;
    enum err e =
        opener_open(b->opener, buf_str(&b->box), &b->plain, &open, &body);
    if (e == ERR_NOTFOUND) {
        return diag_set(why, ERR_PARSE, "sealed with a key that is not here");
    }
    if (e != ERR_OK) {
        return diag_set(why, e, "cannot be opened: %s", err_str(e));
    }
    buf_clear(&b->unpacked);
    e = compress_is_dcz(body)
            ? compress_unpack_dcz(body, dictionary_text(), &b->unpacked)
            : compress_unpack(body, &b->unpacked);
    if (e == ERR_OK) {
        e = json_parse(buf_str(&b->unpacked), &accept_limits, &doc, why);
    }
    if (e == ERR_OK) {
        const struct json *content = json_get(json_root(doc), "content");
        *record = json_is_obj(content) ? json_span(doc, content)
                                       : (struct str){NULL, 0};
        e = record->len ? ERR_OK
                        : diag_set(why, ERR_PARSE, "there is no record in it");
    }
    json_doc_free(doc);
    return e == ERR_OK || e == ERR_NOMEM
               ? e
               : diag_set(why, ERR_PARSE, "%.200s",
                          why->text[0] ? why->text : err_str(e));
}

static enum err go_through(struct boxes *b, FILE *f, const char *path,
                           import_boxes_fn fn, void *arg, struct diag *d)
{
    struct stream_item it = {.file = path, .member = "", .line = 1};
    enum err e = sealed_file_enter(f);
    while (e == ERR_OK) {
        struct diag why = {""};
        e = sealed_file_next(f, &b->box);
        if (e != ERR_OK) {
            break;
        }
        it.record++;
        it.text = (struct str){"", 0};
        enum err one = unpack(b, &it.text, &why);
        if (one == ERR_NET) {
            return diag_set(d, one, "what opens sealed records is gone");
        }
        e = one == ERR_NOMEM ? one : fn(arg, &it, one == ERR_OK ? NULL : &why);
    }
    if (e == ERR_NOTFOUND) {
        return ERR_OK;
    }
    return diag_set(d, e, "box %llu: %s", (unsigned long long)it.record + 1,
                    e == ERR_PARSE ? "the file is damaged from here on"
                                   : err_str(e));
}

enum err import_boxes(const char *path, struct opener *opener,
                      import_boxes_fn fn, void *arg, struct diag *d)
{
    struct boxes b = {.opener = opener};
    if (!opener) {
        return diag_set(d, ERR_ACCESS,
                        "it is sealed, and collector.seal_secret names no keys "
                        "to open it");
    }
    FILE *f = fopen(path, "re");
    if (!f) {
        return diag_set(d, err_from_errno(errno), "%s", strerror(errno));
    }
    buf_init(&b.box, SEALED_MAX);
    buf_init(&b.plain, SEALED_MAX);
    buf_init(&b.unpacked, UNPACKED_MAX);
    enum err e = go_through(&b, f, path, fn, arg, d);
    buf_fini(&b.box);
    buf_fini(&b.plain);
    buf_fini(&b.unpacked);
    fclose(f);
    return e;
}
