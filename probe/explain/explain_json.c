// SPDX-License-Identifier: Apache-2.0
#include "probe/explain/explain_json.h"

#include "base/json_out.h"
#include "verdict/verdict_write.h"

static const char *kind_name(enum guide_step kind)
{
    static const char *const names[] = {
        [STEP_NAME] = "name_lookup",         [STEP_CONNECT] = "connection",
        [STEP_SECURE] = "secure_connection", [STEP_PAGE] = "page",
        [STEP_AGAIN] = "measured_again",
    };
    return names[kind];
}

static const char *mark_name(enum explain_mark mark)
{
    static const char *const names[] = {
        [MARK_OK] = "ok",         [MARK_ODD] = "suspect",
        [MARK_FAILED] = "failed", [MARK_NOT_TRIED] = "not_tried",
        [MARK_NOTE] = "note",
    };
    return names[mark];
}

static void write_row(struct jw *w, const struct explain_row *row)
{
    jw_obj(w);
    jw_kc(w, "result", mark_name(row->mark));
    jw_kc(w, "what", row->what);
    jw_ki(w, "more", (int64_t)row->more);
    jw_kc(w, "here", row->here);
    jw_kc(w, "control", row->control);
    jw_kc(w, "failure", row->failure);
    if (row->id) {
        jw_ki(w, "transaction_id", row->id);
    } else {
        jw_kn(w, "transaction_id");
    }
    jw_obj_end(w);
}

static void write_steps(struct jw *w, const struct explanation *x)
{
    jw_arr(w);
    for (size_t i = 0; i < x->n_steps; i++) {
        const struct explain_step *s = &x->steps[i];
        jw_obj(w);
        jw_kc(w, "step", kind_name(s->kind));
        jw_ki(w, "redirects", s->depth);
        jw_kc(w, "about", s->about);
        jw_key(w, "rows");
        jw_arr(w);
        for (size_t k = 0; k < s->n_rows; k++) {
            write_row(w, &s->rows[k]);
        }
        jw_arr_end(w);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

static void write_points(struct jw *w, const struct explain_point *list,
                         size_t n)
{
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        jw_kc(w, "rule", rules_name(list[i].rule));
        jw_kc(w, "text", list[i].text);
        jw_key(w, "ids");
        jw_arr(w);
        for (size_t k = 0; k < list[i].n_ids; k++) {
            jw_i64(w, list[i].ids[k]);
        }
        jw_arr_end(w);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

enum err explain_json(const struct explanation *x, const struct verdict *v,
                      struct buf *out)
{
    struct jw w;
    jw_init(&w, out);
    jw_obj(&w);
    jw_kc(&w, "input", x->input);
    jw_kc(&w, "url", x->url);
    jw_kc(&w, "measurement_start_time", x->when);
    jw_kc(&w, "probe_cc", x->cc);
    jw_kc(&w, "probe_asn", x->asn);
    jw_kc(&w, "probe_network_name", x->network);
    jw_kb(&w, "control", x->has_control);
    jw_kc(&w, "headline", x->headline);
    jw_kc(&w, "sure", x->sure);
    jw_key(&w, "steps");
    write_steps(&w, x);
    jw_key(&w, "why");
    write_points(&w, x->why, x->n_why);
    jw_key(&w, "else");
    write_points(&w, x->else_, x->n_else);
    jw_key(&w, "try");
    jw_arr(&w);
    for (size_t i = 0; i < x->n_advice; i++) {
        jw_c(&w, x->advice[i]);
    }
    jw_arr_end(&w);
    jw_key(&w, "x_verdict");
    verdict_write_x(&w, v);
    jw_obj_end(&w);
    return out->failed;
}
