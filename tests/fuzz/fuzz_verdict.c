// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a record: the verdict is computed or refused, the written form
 * is JSON, and computing it again gives the same. Nobody is accused without a
 * reason. */
#include "base/json_out.h"
#include "verdict/verdict.h"
#include "verdict/verdict_write.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct fingerprints *fps;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return fingerprints_builtin(&fps) == ERR_OK ? 0 : 1;
}

static void write_verdict(const struct verdict *v, struct buf *out)
{
    struct jw w;
    jw_init(&w, out);
    jw_obj(&w);
    verdict_write_compatible(&w, v);
    jw_key(&w, "x_verdict");
    verdict_write_x(&w, v);
    jw_obj_end(&w);
}

static bool is_sound(const struct verdict *v)
{
    bool blocked = v->state == X_BLOCKED;
    return blocked == (v->method != METHOD_NONE) && v->n_reasons > 0 &&
           v->confidence > 0 && v->confidence <= 1;
}

static void judge_twice(const struct json *root)
{
    struct region *r = region_new(64u << 20);
    struct verdict v, again;
    struct diag d = {""};
    struct buf a, b;
    struct json_doc *doc = NULL;
    buf_init(&a, 1u << 24);
    buf_init(&b, 1u << 24);
    enum err e = r ? verdict_compute(r, root, fps, &v, &d) : ERR_NOMEM;
    if (e == ERR_PARSE && d.text[0] == '\0') {
        abort(); /* a refusal must say why */
    }
    if (e == ERR_OK && verdict_compute(r, root, fps, &again, &d) == ERR_OK) {
        write_verdict(&v, &a);
        write_verdict(&again, &b);
        if (!str_eq(buf_str(&a), buf_str(&b)) ||
            json_parse(buf_str(&a), NULL, &doc, &d) != ERR_OK ||
            !is_sound(&v)) {
            abort();
        }
    }
    json_doc_free(doc);
    buf_fini(&a);
    buf_fini(&b);
    region_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_doc *doc = NULL;
    struct diag d;
    struct str text = {(const char *)data, size};
    if (json_parse(text, NULL, &doc, &d) == ERR_OK) {
        judge_twice(json_root(doc));
    }
    json_doc_free(doc);
    return 0;
}
