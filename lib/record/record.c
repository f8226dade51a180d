// SPDX-License-Identifier: Apache-2.0
#include "record/record.h"

#include "base/clock.h"
#include "record/key_writer.h"

#define CONTROL_FAILURE "control_failure"

static void write_annotations(struct jw *w, const struct measurement *m,
                              const struct record_env *env)
{
    jw_key(w, "annotations");
    jw_obj(w);
    key_writer_text(w, "architecture", env->architecture);
    if (m->category && m->category[0]) {
        jw_kc(w, "category_code", m->category);
    }
    key_writer_text(w, "clock_trust", env->clock_trust);
    jw_kc(w, "engine_name", "parallax");
    key_writer_text(w, "engine_version", env->software_version);
    if (env->network_type) {
        jw_kc(w, "network_type", env->network_type);
    }
    key_writer_text(w, "platform", env->platform);
    jw_kc(w, "resolver_library", "c-ares");
    jw_obj_end(w);
}

static void write_extensions(struct jw *w)
{
    static const char *const names[] = {
        "dnst", "httpt", "netevents", "tcpconnect", "tlshandshake", "tunnel"};
    jw_key(w, "extensions");
    jw_obj(w);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        jw_ki(w, names[i], 0);
    }
    jw_obj_end(w);
}

static void write_location(struct jw *w, const struct record_env *env)
{
    struct ip ip;
    bool own = ip_parse(str_c(env->resolver_ip), &ip) && env->scrub &&
               scrub_is_own(env->scrub, &ip);
    jw_kc(w, "probe_asn", env->probe_asn);
    jw_kc(w, "probe_cc", env->probe_cc);
    jw_kc(w, "probe_ip", "127.0.0.1");
    key_writer_text(w, "probe_network_name", env->probe_network_name);
    key_writer_text(w, "report_id", env->report_id);
    jw_kc(w, "resolver_asn", env->resolver_asn);
    jw_kc(w, "resolver_ip", own ? "127.0.0.2" : env->resolver_ip);
    key_writer_text(w, "resolver_network_name", env->resolver_network_name);
}

static void write_helper(struct jw *w, const struct measurement *m)
{
    if (m->control.len == 0 || m->control_failure || !m->control_url) {
        return;
    }
    jw_key(w, "test_helpers");
    jw_obj(w);
    jw_key(w, "backend");
    jw_obj(w);
    jw_kc(w, "address", m->control_url);
    jw_kc(w, "type", m->control_type ? m->control_type : "https");
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

static void write_test_keys(struct jw *w, struct str observations,
                            struct str derived)
{
    observations = without_repeated(observations, derived);
    jw_key(w, "test_keys");
    jw_obj(w);
    if (observations.len > 0) {
        jw_raw(w, observations);
    }
    if (derived.len > 0) {
        jw_raw(w, derived);
    }
    jw_obj_end(w);
}

static int64_t whole_seconds(int64_t us)
{
    int64_t s = us / US_PER_S;
    return us % US_PER_S < 0 ? s - 1 : s;
}

enum err record_write(struct jw *w, const struct measurement *m,
                      const struct record_env *env, struct str observations,
                      struct str derived)
{
    char start[20], run_start[20];
    enum err e = clock_format(whole_seconds(m->start_wall_us), start);
    if (!e) {
        e = clock_format(env->test_start_s, run_start);
    }
    if (e) {
        return e;
    }
    jw_obj(w);
    write_annotations(w, m, env);
    jw_kc(w, "data_format_version", "0.2.0");
    write_extensions(w);
    jw_kc(w, "input", m->input);
    jw_kc(w, "measurement_start_time", start);
    write_location(w, env);
    jw_kc(w, "software_name", "parallax");
    key_writer_text(w, "software_version", env->software_version);
    write_helper(w, m);
    write_test_keys(w, observations, derived);
    jw_kc(w, "test_name", "web_connectivity");
    jw_key(w, "test_runtime");
    jw_seconds(w, m->runtime_us);
    jw_kc(w, "test_start_time", run_start);
    jw_kc(w, "test_version", "0.5.28");
    jw_obj_end(w);
    return w->out->failed;
}
