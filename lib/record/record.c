// SPDX-License-Identifier: Apache-2.0
#include "record/record.h"

#include "base/clock.h"
#include "record/key_writer.h"

#define CONTROL_FAILURE "control_failure"

static void write_annotations(struct key_writer *c,
                              const struct record_env *env)
{
    struct jw *w = c->w;
    jw_key(w, "annotations");
    jw_obj(w);
    key_writer_word(c, "architecture", env->architecture);
    if (c->m->category && c->m->category[0]) {
        key_writer_text(c, "category_code", c->m->category);
    }
    key_writer_word(c, "clock_trust", env->clock_trust);
    jw_kc(w, "engine_name", "parallax");
    key_writer_word(c, "engine_version", env->software_version);
    if (env->network_type) {
        key_writer_text(c, "network_type", env->network_type);
    }
    key_writer_word(c, "platform", env->platform);
    jw_kc(w, "resolver_library", "c-ares");
    if (env->clock_age && env->clock_source) {
        key_writer_word(c, "x_clock_age", env->clock_age);
        key_writer_word(c, "x_clock_source", env->clock_source);
    }
    if (env->sandbox) {
        key_writer_word(c, "x_sandbox", env->sandbox);
    }
    jw_obj_end(w);
}

static void write_extensions(struct jw *w)
{
    jw_key(w, "extensions");
    jw_obj(w);
    jw_ki(w, "dnst", 0);
    jw_ki(w, "httpt", 0);
    jw_ki(w, "netevents", 0);
    jw_ki(w, "tcpconnect", 0);
    jw_ki(w, "tlshandshake", 0);
    jw_ki(w, "tunnel", 0);
    jw_obj_end(w);
}

static void write_location(struct key_writer *c, const struct record_env *env)
{
    struct ip ip;
    bool own =
        ip_parse(str_c(env->resolver_ip), &ip) && scrub_own_is(&c->own, &ip);
    key_writer_text(c, "probe_asn", env->probe_asn);
    key_writer_text(c, "probe_cc", env->probe_cc);
    jw_kc(c->w, "probe_ip", "127.0.0.1");
    key_writer_text(c, "probe_network_name", env->probe_network_name);
    key_writer_text(c, "report_id", env->report_id);
    key_writer_text(c, "resolver_asn", env->resolver_asn);
    key_writer_contacted(c, "resolver_ip",
                         own ? "127.0.0.2" : env->resolver_ip);
    key_writer_text(c, "resolver_network_name", env->resolver_network_name);
}

static void write_helper(struct key_writer *c)
{
    const struct measurement *m = c->m;
    struct jw *w = c->w;
    if (m->control.len == 0 || m->control_failure || !m->control_url) {
        return;
    }
    jw_key(w, "test_helpers");
    jw_obj(w);
    jw_key(w, "backend");
    jw_obj(w);
    key_writer_contacted(c, "address", m->control_url);
    key_writer_word(c, "type", m->control_type ? m->control_type : "https");
    jw_obj_end(w);
    jw_obj_end(w);
}

/* The verdict writes control_failure among its own keys; the observations end
 * with the same key, which must then not be there twice. In a JSON string the
 * quotes would be escaped, so the text can only be the member itself. */
static struct str without_repeated(struct str observations, struct str derived)
{
    static const char key[] = ",\"" CONTROL_FAILURE "\":";
    if (str_find(derived, str_c(key + 1)) == SIZE_MAX) {
        return observations;
    }
    for (size_t i = observations.len; i > 0; i--) {
        if (str_starts(str_sub(observations, i - 1, SIZE_MAX), key)) {
            return str_sub(observations, 0, i - 1);
        }
    }
    return observations;
}

static void write_test_keys(struct key_writer *c, struct str observations,
                            struct str derived)
{
    struct jw *w = c->w;
    observations = without_repeated(observations, derived);
    jw_key(w, "test_keys");
    jw_obj(w);
    key_writer_members(c, observations);
    key_writer_members(c, derived);
    jw_obj_end(w);
}

static int64_t whole_seconds(int64_t us)
{
    int64_t s = us / US_PER_S;
    return us % US_PER_S < 0 ? s - 1 : s;
}

static void write_all(struct key_writer *c, const struct record_env *env,
                      struct str observations, struct str derived,
                      const char *start, const char *run_start)
{
    struct jw *w = c->w;
    jw_obj(w);
    write_annotations(c, env);
    jw_kc(w, "data_format_version", "0.2.0");
    write_extensions(w);
    key_writer_input(c);
    key_writer_word(c, "measurement_start_time", start);
    write_location(c, env);
    jw_kc(w, "software_name", "parallax");
    key_writer_word(c, "software_version", env->software_version);
    write_helper(c);
    write_test_keys(c, observations, derived);
    jw_kc(w, "test_name", "web_connectivity");
    jw_key(w, "test_runtime");
    jw_seconds(w, c->m->runtime_us);
    key_writer_word(c, "test_start_time", run_start);
    jw_kc(w, "test_version", "0.5.28");
    jw_obj_end(w);
}

enum err record_write(struct jw *w, const struct measurement *m,
                      const struct record_env *env, struct str observations,
                      struct str derived)
{
    char start[20], run_start[20];
    struct key_writer c;
    enum err e = clock_format(whole_seconds(m->start_wall_us), start);
    if (!e) {
        e = clock_format(env->test_start_s, run_start);
    }
    if (!e) {
        e = key_writer_init(&c, w, m, env);
    }
    if (e) {
        return e;
    }
    write_all(&c, env, observations, derived, start, run_start);
    key_writer_fini(&c);
    return w->out->failed;
}
