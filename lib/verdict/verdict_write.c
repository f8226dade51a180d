// SPDX-License-Identifier: Apache-2.0
#include "verdict/verdict_write.h"
#include <string.h>

static void write_opt_bool(struct jw *w, const char *key, enum opt_bool b)
{
    if (b == OPT_NULL) {
        jw_kn(w, key);
    } else {
        jw_kb(w, key, b == OPT_TRUE);
    }
}

void verdict_write_compatible(struct jw *w, const struct verdict *v)
{
    jw_kc(w, "dns_experiment_failure", v->dns_experiment_failure);
    jw_kc(w, "dns_consistency", v->dns_consistency);
    jw_kc(w, "control_failure", v->control_failure);
    jw_kc(w, "http_experiment_failure", v->http_experiment_failure);
    write_opt_bool(w, "body_length_match", v->body_length_match);
    jw_key(w, "body_proportion");
    jw_num(w, v->body_proportion);
    write_opt_bool(w, "status_code_match", v->status_code_match);
    write_opt_bool(w, "headers_match", v->headers_match);
    write_opt_bool(w, "title_match", v->title_match);
    jw_ki(w, "x_dns_flags", v->x_dns_flags);
    jw_ki(w, "x_blocking_flags", v->x_blocking_flags);
    jw_ki(w, "x_null_null_flags", v->x_null_null_flags);
    write_opt_bool(w, "accessible", v->accessible);
    if (v->blocking && strcmp(v->blocking, "false") == 0) {
        jw_kb(w, "blocking", false);
    } else {
        jw_kc(w, "blocking", v->blocking);
    }
}

/* `instead` stands for each note, unless it is NULL. */
static void write_reasons(struct jw *w, const struct reason *list, size_t n,
                          const char *instead)
{
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        jw_kc(w, "rule", rules_name(rules_of(list[i].note)));
        jw_key(w, "ids");
        jw_arr(w);
        for (size_t k = 0; k < list[i].n_ids; k++) {
            jw_i64(w, list[i].ids[k]);
        }
        jw_arr_end(w);
        if (list[i].bytes > 0) {
            jw_ki(w, "bytes", list[i].bytes);
        }
        jw_kc(w, "note", instead ? instead : rules_text(list[i].note));
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

void verdict_write_x(struct jw *w, const struct verdict *v)
{
    jw_obj(w);
    jw_kc(w, "version", VERDICT_RULES_VERSION);
    jw_kc(w, "state", xstate_name(v->state));
    jw_kc(w, "method", method_name(v->method));
    jw_key(w, "confidence");
    /* three digits: it is no more exact than that */
    jw_num(w, (double)(int64_t)(v->confidence * 1000 + 0.5) / 1000);
    jw_key(w, "reasons");
    bool internal = v->state == X_INTERNAL && v->n_reasons == 1;
    write_reasons(w, v->reasons, v->n_reasons,
                  internal ? v->internal_what : NULL);
    jw_key(w, "alternatives");
    write_reasons(w, v->alternatives, v->n_alternatives, NULL);
    jw_obj_end(w);
}
